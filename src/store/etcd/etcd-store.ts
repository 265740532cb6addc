import { setMaxListeners } from 'node:events';
import { unavailable } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import { sleep } from '../../clock/clock.js';
import { within } from '../../clock/within.js';
import type {
  Acknowledged,
  KeyRange,
  LeaderChange,
  LeaseState,
  Outcome,
  Read,
  ReadResult,
  Revision,
  Store,
  StoreHealth,
  Transaction,
  Watch,
  WatchListener,
} from '../store.js';
import { Acknowledgements } from './acknowledgements.js';
import { canGoBare } from './bare.js';
import { Caller } from './caller.js';
import { Connection } from './connection.js';
import { DaemonLease } from './daemon-lease.js';
import { loadDriver } from './driver.js';
import { Endpoints, outOfReach } from './endpoints.js';
import { Health } from './health.js';
import { GrantsUnderWay } from './grants-under-way.js';
import { GroupCommit } from './group-commit.js';
import { MAX_LANES } from './lane-pool.js';
import { SEND_TIMEOUTS } from './lane.js';
import { Leases } from './leases.js';
import type { RangeRequest, RangeResponse } from './kv-messages.js';
import {
  DEFAULT_CALL_TIMEOUT_MS,
  DEFAULT_FIRST_CONTACT_MS,
  type EtcdLog,
  type EtcdStoreOptions,
  type EtcdTls,
} from './options.js';
import { readInOrder } from './ordered-read.js';
import { RaftTerm } from './raft-term.js';
import { Renewals } from './renewals.js';
import { isNoSpace, judge } from './verdict.js';
import { Turnstile } from './turnstile.js';
import { WatchLoop } from './watch-loop.js';
import { toReadOutcome, toReadTxn, writes } from './wire.js';
import { MAX_WITHOUT_SPACE, WithoutSpace } from './without-space.js';

/** How long `close` tries to take its own lease back, in milliseconds. */
const GOODBYE_MS = 1000;
/** From one attempt at the start to the next: etcd may refuse us at once. */
const FIRST_CONTACT_PAUSE_MS = 100;
/** How long a caller is kept waiting while etcd is known to be away, in milliseconds. */
const AWAY_MS = 300;
/** How many call timeouts a grant or a revocation may wait for its turn: as long as a transaction may. */
const WRITE_TURN_TIMEOUTS = SEND_TIMEOUTS;

/** The port on an etcd cluster, 3.4 to 3.6. ARCHITECTURE.md, D4, says how it never leaves a write in doubt. */
export class EtcdStore implements Store {
  readonly endsLeasesEarly = true;
  /** etcd has a least TTL: one and a half times its election timeout. */
  readonly mayGrantMore = true;
  readonly #parts: Parts;
  readonly #closing: AbortController;
  #closed: Promise<void> | undefined;

  /**
   * Connects. @throws Fault UNAVAILABLE if no member is reached in time, naming the endpoints and what to do,
   * unless `waitForFirstContact` is false; the reason of `stopping` if that aborts before.
   */
  static async open(options: EtcdStoreOptions): Promise<EtcdStore> {
    const closing = new AbortController();
    // Every lane listens while it settles, what goes without space while it pauses, health twice, and the turnstile.
    setMaxListeners(MAX_LANES + MAX_WITHOUT_SPACE + 3, closing.signal);
    const parts = await assemble(options, closing.signal);
    const store = new EtcdStore(parts, closing);
    if (options.waitForFirstContact !== false) await store.#reach(options);
    void parts.health.run();
    return store;
  }

  private constructor(parts: Parts, closing: AbortController) {
    this.#parts = parts;
    this.#closing = closing;
  }

  get health(): StoreHealth {
    return this.#parts.health.state;
  }

  onHealthChange(listener: (health: StoreHealth) => void): void {
    this.#parts.health.onChange(listener);
  }

  async transact(transaction: Transaction): Promise<Outcome> {
    await this.#served();
    if (!writes(transaction)) return this.#readOnly(transaction);
    const { grants, commits, withoutSpace } = this.#parts;
    // To send it right behind would save little: etcd writes the two to its log one after the other all the same.
    await grants.neededBy(transaction);
    try {
      return await commits.run(transaction);
    } catch (error) {
      if (!isNoSpace(error) || !canGoBare(transaction)) throw error;
      return withoutSpace.run(transaction);
    }
  }

  async read(read: Omit<Read, 'kind'>): Promise<ReadResult & { readonly revision: Revision }> {
    await this.#served();
    const { caller } = this.#parts;
    const ask = (request: RangeRequest): Promise<RangeResponse> =>
      caller.repeat('read', (connection, options) => connection.range(request, options));
    return faulty(readInOrder(ask, read));
  }

  grant(
    id: LeaseId,
    ttlSeconds: number,
    options: { readonly frees?: boolean } = {},
  ): Promise<number> {
    const { grants, leases } = this.#parts;
    const granted = this.#served().then(() => leases.grant(id, ttlSeconds));
    if (options.frees !== true) return grants.add(id, granted);
    const orNone = granted.catch((error: unknown) => {
      if (!isNoSpace(error)) throw error;
      // What frees goes without what it would put there; what comes later finds that the lease has ended.
      return ttlSeconds;
    });
    return grants.add(id, orNone);
  }

  async renew(id: LeaseId): Promise<number | undefined> {
    const { clock, health, leases } = this.#parts;
    const renewal = leases.renew(id);
    if (health.state.ready) return renewal;
    // It is sent all the same, and goes on when the caller is told: it may just save the lease.
    const answer = await within(
      clock,
      AWAY_MS,
      renewal.then((ttlSeconds) => ({ ttlSeconds })),
    );
    if (answer === undefined) throw unavailable('etcd is out of reach; the lease may live on');
    return answer.ttlSeconds;
  }

  async revoke(id: LeaseId): Promise<boolean> {
    await this.#served();
    return this.#parts.leases.revoke(id);
  }

  async inspectLease(
    id: LeaseId,
    options?: { readonly keys?: boolean },
  ): Promise<LeaseState | undefined> {
    await this.#served();
    return this.#parts.leases.inspect(id, options?.keys === true);
  }

  get leaderChange(): LeaderChange | undefined {
    return this.#parts.raftTerm.lastChange;
  }

  acknowledged(id: LeaseId): Acknowledged | undefined {
    return this.#parts.acknowledgements.find(id);
  }

  watch(range: KeyRange, from: Revision | 'now', listener: WatchListener): Watch {
    return this.#parts.watches.watch(range, from, listener);
  }

  /** New certificates, for all connections from now on. What is under way ends on the old ones. */
  rotateTls(tls: EtcdTls): void {
    this.#parts.endpoints.rotateTls(tls);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { clock, commits, watches, renewals, daemonLease, endpoints } = this.#parts;
    commits.close();
    watches.close();
    this.#closing.abort();
    const goodbye = daemonLease.close().catch(() => undefined);
    await within(clock, GOODBYE_MS, goodbye);
    renewals.close();
    endpoints.close();
  }

  /** While etcd is known to be away nothing is sent, and nobody waits for long. @throws Fault UNAVAILABLE. */
  async #served(): Promise<void> {
    const { health } = this.#parts;
    if (health.state.ready || this.#closing.signal.aborted) return;
    if (!(await health.whenReady(AWAY_MS))) throw outOfReach();
  }

  async #readOnly(transaction: Transaction): Promise<Outcome> {
    const { caller, probeKey } = this.#parts;
    const request = toReadTxn(transaction, probeKey);
    const response = await faulty(
      caller.repeat('read', (connection, options) => connection.txn(request, options)),
    );
    return toReadOutcome(transaction, response);
  }

  async #reach(options: EtcdStoreOptions): Promise<void> {
    const { clock, health } = this.#parts;
    const { stopping, firstContactMs = DEFAULT_FIRST_CONTACT_MS } = options;
    const untilMs = clock.now() + firstContactMs;
    // What is under way ends by that.
    const stop = (): void => void this.close();
    stopping?.addEventListener('abort', stop, { once: true });
    try {
      while (!(await health.check())) {
        if (stopping?.aborted !== true && clock.now() < untilMs) {
          await sleep(clock, FIRST_CONTACT_PAUSE_MS, stopping);
          continue;
        }
        const { detail } = health.state;
        await this.close();
        stopping?.throwIfAborted();
        throw unavailable(detail);
      }
    } finally {
      stopping?.removeEventListener('abort', stop);
    }
  }
}

interface Parts {
  readonly clock: EtcdStoreOptions['clock'];
  readonly endpoints: Endpoints;
  readonly caller: Caller;
  readonly renewals: Renewals;
  readonly leases: Leases;
  readonly acknowledgements: Acknowledgements;
  readonly raftTerm: RaftTerm;
  readonly daemonLease: DaemonLease;
  readonly grants: GrantsUnderWay;
  readonly commits: GroupCommit;
  readonly withoutSpace: WithoutSpace;
  readonly watches: WatchLoop;
  readonly health: Health;
  /** Any key; it is only ever read. */
  readonly probeKey: string;
}

const NO_LOG: EtcdLog = () => undefined;

async function assemble(options: EtcdStoreOptions, closing: AbortSignal): Promise<Parts> {
  const { clock, tls, auth, daemonRoot, log = NO_LOG, observe = () => undefined } = options;
  const callTimeoutMs = options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
  const driver = await loadDriver();
  const connections = options.endpoints.map(
    (endpoint) => new Connection(endpoint, { driver, clock, tls, auth }),
  );
  const endpoints = new Endpoints(clock, connections);
  const probeKey = `${daemonRoot}probe`;
  const raftTerm = new RaftTerm(clock);
  const acknowledgements = new Acknowledgements(clock, raftTerm);
  const calls = { clock, endpoints, callTimeoutMs, raftTerm, observe };
  const caller = new Caller(calls);
  const renewals = new Renewals({ ...calls, acknowledgements });
  const leases = new Leases({
    ...{ clock, caller, renewals, acknowledgements, raftTerm },
    writes: new Turnstile(clock, WRITE_TURN_TIMEOUTS * callTimeoutMs, closing),
    barrierKey: probeKey,
  });
  const daemonLease = new DaemonLease(clock, leases, log);
  return {
    clock,
    endpoints,
    caller,
    renewals,
    leases,
    acknowledgements,
    raftTerm,
    daemonLease,
    grants: new GrantsUnderWay(),
    commits: new GroupCommit({ clock, caller, daemonLease, log, closing }, daemonRoot),
    withoutSpace: new WithoutSpace({ clock, caller, probeKey, closing }),
    watches: new WatchLoop({ clock, endpoints, log }),
    health: new Health({
      ...{ clock, caller, endpoints, closing, probeKey },
      names: options.endpoints,
    }),
    probeKey,
  };
}

async function faulty<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw judge(error).fault;
  }
}
