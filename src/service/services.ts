import type { Clock } from '../clock/clock.js';
import { SystemClock } from '../clock/system-clock.js';
import type { Turns } from '../clock/turns.js';
import { keyLayout, type KeyLayout, type LockKeys } from '../core/keys.js';
import type { Limits, TtlBounds } from '../core/limits.js';
import type { LockKind } from '../core/lock.js';
import type { Store } from '../store/store.js';
import type { ServiceTelemetry } from '../telemetry/service-telemetry.js';
import { ConfigService } from './config/config-service.js';
import { CounterService } from './counter/counter-service.js';
import { DaemonLeases } from './daemon-leases.js';
import { ElectionService } from './election/election-service.js';
import { Janitor } from './janitor.js';
import { LeaseCensus } from './lease/census.js';
import { KnownSessions } from './lease/known-sessions.js';
import { LeaseAccess } from './lease/lease-access.js';
import { LeaseEnds } from './lease/lease-ends.js';
import { LeaseHolds } from './lease/lease-holds.js';
import { LeaseOwners } from './lease/lease-owners.js';
import { LeaseService } from './lease/lease-service.js';
import { LeaseWatchingStore } from './lease/lease-watching-store.js';
import { finishEnds } from './lease/unfinished-ends.js';
import { DeletionWatches } from './lock/acquire/deletion-watches.js';
import { HolderLeases } from './lock/acquire/holder-leases.js';
import { Predecessors } from './lock/acquire/predecessors.js';
import { HoldEnds, type HoldEndsParts } from './lock/inspect/hold-ends.js';
import { LockService } from './lock/lock-service.js';
import { Arrivals, type ArrivalsParts } from './lock/queue/arrivals.js';
import { KeptPlaces } from './lock/queue/kept-places.js';
import { LocalPlaces } from './lock/queue/local-places.js';
import { QueuePositions } from './lock/queue/queue-positions.js';
import { WaiterPool } from './lock/queue/waiter-pool.js';
import { HeldCache } from './lock/state/held-cache.js';
import { LikelyHeld } from './lock/state/likely-held.js';
import { RecentGrants } from './lock/state/recent-grants.js';
import { HolderLookup } from './lock/watch/holder-lookup.js';
import { LockChanges } from './lock/watch/lock-changes.js';
import { MessageService, type MessageParts } from './message/message-service.js';
import { MessageSweeper, type SweeperParts } from './message/sweeper.js';
import { MessageUsage } from './message/usage.js';
import { OperationLog } from './operation-log.js';
import { ELECTION_FORMS } from './request-forms.js';
import { Serial } from './serial.js';
import { WatchPool } from './watch-pool.js';

export interface ServicesOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Of the loop, for work that takes long. */
  readonly turns: Turns;
  /** Begins and ends with `/`; default `/shared-lock/`. */
  readonly keyPrefix: string;
  readonly limits: Limits;
  readonly ttl: TtlBounds;
  /** How long a request id is remembered, at least. */
  readonly requestRetentionMs: number;
  /** Locks that are known to be held are remembered, so many at most; 0: none. */
  readonly heldCacheSize: number;
  readonly telemetry: ServiceTelemetry;
}

export interface Services {
  readonly leases: LeaseService;
  readonly locks: LockService;
  readonly elections: ElectionService;
  readonly counters: CounterService;
  readonly messages: MessageService;
  readonly configs: ConfigService;
  /** No new leases and locks; whoever waits for one is told to ask another daemon. Renewals go on. */
  drain(): void;
  /** Lets go of what the daemon itself keeps in the store. Revokes no caller's lease. */
  stop(): Promise<void>;
}

/** Builds the services on one store, and starts what they do unasked. */
export function createServices(options: ServicesOptions): Services {
  const { clock, turns, limits, ttl, telemetry } = options;
  const owners = new LeaseOwners(clock, limits.leases);
  const janitor = new Janitor(clock, (trouble, error) => {
    telemetry.cleanupTrouble(trouble, error);
  });
  const store = new LeaseEnds(new LeaseWatchingStore(options.store, owners), janitor);
  const layout = keyLayout(options.keyPrefix);
  const daemonLeases = new DaemonLeases(store, clock, options.requestRetentionMs);
  const operations = new OperationLog(layout, daemonLeases);
  const places = new LocalPlaces(store, clock, layout, daemonLeases);
  const census = new LeaseCensus(store, clock, layout, limits.leases, owners, (counts) => {
    telemetry.counted(counts);
  });
  const waiters = new WaiterPool(limits.waitersPerDaemon, (count) => {
    telemetry.waiters(count);
  });
  const keptPlaces = new KeptPlaces(clock);
  const watches = new WatchPool(limits.watches);
  const base = { store, clock, layout, limits, ttl, operations, janitor, census, telemetry };
  const common = { ...base, ...aboutLeases(store, layout, limits), sessions: new KnownSessions() };
  const shared = {
    ...{ daemonLeases, waiters, places, keptPlaces, watches, turns, leaseEnds: store },
    semaphores: new Serial(),
  };
  const locks = new LockService({
    ...common,
    ...shared,
    ...ofKind({ ...common, ...shared, kind: 'lock', keys: layout.lock }),
    heldCache: heldCacheOf(options, layout),
  });
  const electionParts = {
    ...common,
    ...shared,
    operations: new OperationLog(layout, daemonLeases, ELECTION_FORMS),
    ...ofKind({ ...common, ...shared, kind: 'election', keys: layout.election }),
    heldCache: undefined,
  };
  const elections = new ElectionService({
    ...electionParts,
    locks: new LockService(electionParts),
  });
  const leases = new LeaseService({ ...common, watches, turns, locks, keptPlaces });
  const counters = new CounterService({ ...common, daemonLeases, watches, locks });
  const configs = new ConfigService({ ...common, realClock: new SystemClock(), ...shared });
  const { messages, sweeper } = messageParts({ ...common, daemonLeases });
  census.start();
  janitor.later(() => finishEnds(store, layout));
  return {
    leases,
    locks,
    elections,
    counters,
    messages,
    configs,
    drain: () => {
      waiters.drain();
      keptPlaces.leaveAll();
      leases.drain();
    },
    stop: async () => {
      census.stop();
      places.stop();
      await sweeper.stop();
      await configs.stop();
      await janitor.stop();
      await daemonLeases.stop();
    },
  };
}

function aboutLeases(store: Store, layout: KeyLayout, limits: Limits) {
  return {
    leaseAccess: new LeaseAccess(store, layout, limits.leases),
    leaseHolds: new LeaseHolds(store, layout, limits.locksPerLease),
  };
}

function heldCacheOf(
  { store, heldCacheSize, telemetry }: ServicesOptions,
  layout: KeyLayout,
): HeldCache | undefined {
  return heldCacheSize === 0
    ? undefined
    : new HeldCache(store, layout.lock, heldCacheSize, telemetry);
}

function messageParts(parts: Omit<SweeperParts & MessageParts, 'messages' | 'usage'>) {
  const usage = new MessageUsage(parts);
  const messages = new MessageService({ ...parts, usage });
  const sweeper = new MessageSweeper({ ...parts, messages, usage });
  sweeper.start();
  return { messages, sweeper };
}

/** What each kind of lock has of its own. */
function ofKind<Kind extends LockKind, Keys extends LockKeys>(
  parts: HoldEndsParts & ArrivalsParts & { readonly kind: Kind; readonly keys: Keys },
) {
  const { store, clock, layout, kind, keys } = parts;
  const holdEnds = new HoldEnds(parts);
  return {
    kind,
    keys,
    holdEnds,
    holderLeases: new HolderLeases(store, clock, layout),
    predecessors: new Predecessors({ store, clock, keys, holdEnds }),
    changes: new LockChanges(store, keys),
    holderLookup: new HolderLookup(parts),
    deletions: new DeletionWatches(store, clock),
    arrivals: new Arrivals(parts),
    positions: new QueuePositions(store, clock, keys),
    likelyHeld: new LikelyHeld(),
    recentGrants: new RecentGrants(),
  };
}
