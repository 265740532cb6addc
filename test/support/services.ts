import { QuietTurns } from '../../src/clock/quiet-turns.js';
import { Turns } from '../../src/clock/turns.js';
import type { Clock } from '../../src/clock/clock.js';
import { VirtualClock } from '../../src/clock/virtual-clock.js';
import { parseLeaseId, type LeaseId } from '../../src/core/lease-id.js';
import { DEFAULT_LIMITS, DEFAULT_TTL_BOUNDS, type Limits } from '../../src/core/limits.js';
import type { HoldEvent, HoldRequest } from '../../src/core/hold.js';
import type {
  AcquireOutcome,
  AcquireRequest,
  ForceReleaseOutcome,
  ForceReleaseRequest,
  Grant,
  ReleaseRequest,
} from '../../src/core/lock.js';
import type { Caller } from '../../src/service/caller.js';
import { createServices, type Services } from '../../src/service/services.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import type { Store } from '../../src/store/store.js';
import type { ServiceTelemetry } from '../../src/telemetry/service-telemetry.js';
import { FaultyStore } from './faulty-store.js';
import { failIf, WatchChecker } from './watch-checker.js';

/** Remembers what services told. */
export class RecordedTelemetry implements ServiceTelemetry {
  readonly audits: { action: string; facts: Readonly<Record<string, string | number>> }[] = [];
  readonly operations: string[] = [];
  readonly cache: string[] = [];
  readonly troubles: string[] = [];
  readonly heldSeconds: number[] = [];
  holders = 0;
  waiting = 0;
  holds = 0;

  leaseOperation(operation: string, status: string): void {
    this.operations.push(`${operation} ${status}`);
  }

  lockWaited(): void {
    // Asserted where metrics are.
  }

  lockHeld(seconds: number): void {
    this.heldSeconds.push(seconds);
  }

  waiters(count: number): void {
    this.waiting = count;
  }

  holding(change: 1 | -1): void {
    this.holds += change;
  }

  counted({ locks }: { readonly locks: number }): void {
    this.holders = locks;
  }

  cacheOperation(operation: string, status: string): void {
    this.cache.push(`${operation} ${status}`);
  }

  cleanupTrouble(trouble: string): void {
    this.troubles.push(trouble);
  }

  audit(action: string, facts: Readonly<Record<string, string | number>>): void {
    this.audits.push({ action, facts });
  }
}

export interface TestDaemon extends Services {
  readonly telemetry: RecordedTelemetry;
}

/** The services of one daemon on a store that others may share. */
export function startDaemon(
  store: Store,
  clock: Clock,
  limits: Partial<Limits> = {},
  heldCacheSize = 0,
): TestDaemon {
  const telemetry = new RecordedTelemetry();
  const services = createServices({
    store,
    clock,
    turns: new Turns(new QuietTurns()),
    keyPrefix: '/shared-lock/',
    limits: { ...DEFAULT_LIMITS, ...limits },
    ttl: DEFAULT_TTL_BOUNDS,
    requestRetentionMs: 3_600_000,
    heldCacheSize,
    telemetry,
  });
  return { ...services, telemetry };
}

export function memoryStore(): { store: MemoryStore; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { store: new MemoryStore({ clock }), clock };
}

/** What most suites of services stand on: one daemon's services on a store and a clock of their own. */
export class ServiceBench {
  store: MemoryStore;
  clock: VirtualClock;
  /** A test may put another daemon in its place. */
  daemon: TestDaemon;

  constructor({ store, clock }: ReturnType<typeof memoryStore>, daemon: TestDaemon) {
    this.store = store;
    this.clock = clock;
    this.daemon = daemon;
  }

  acquire(
    name: string,
    rest: Partial<AcquireRequest> = {},
    by: Caller = caller(),
  ): Promise<AcquireOutcome> {
    return this.daemon.locks.acquire(acquireRequest(name, rest), by);
  }

  release(name: string, lease: LeaseId, rest: Partial<ReleaseRequest> = {}): Promise<boolean> {
    return this.daemon.locks.release({ name, lease, fencingToken: 0, requestId: '', ...rest });
  }

  /** Opens a stream that holds the lock. */
  hold(name: string, rest: Partial<HoldRequest> = {}): OpenHold {
    return openHold(this.daemon, name, rest);
  }

  forceRelease(
    name: string,
    rest: Partial<ForceReleaseRequest> = {},
  ): Promise<ForceReleaseOutcome> {
    const request = { name, reason: 'stuck', fencingToken: 0, requestId: '', ...rest };
    return this.daemon.locks.forceRelease(request);
  }
}

/** A stream that holds a lock, as its caller sees it. */
export interface OpenHold {
  readonly events: HoldEvent[];
  /** `ended`, or the fault that ended it. */
  readonly done: Promise<unknown>;
  /** The grant. @throws Error unless it was told. */
  grant(): Grant;
  /** The kinds of the events, without signs of life. */
  kinds(): string[];
  /** The caller closes its side. */
  close(): void;
  /** The caller goes away. */
  leave(): void;
}

export function openHold(
  daemon: Services,
  name: string,
  rest: Partial<HoldRequest> = {},
): OpenHold {
  const closing = new AbortController();
  const gone = new AbortController();
  const { lease: _, requestId: __, ...request } = acquireRequest(name);
  const stream = daemon.locks.hold(
    { ...request, resume: undefined, ...rest },
    { signal: gone.signal, closing: closing.signal },
  );
  const { events, done } = collect(stream);
  return {
    events,
    done,
    grant: () => {
      const acquired = events.find((event) => event.kind === 'acquired');
      if (acquired === undefined) throw new Error('the lock was not acquired');
      return acquired.grant;
    },
    kinds: () => events.map((event) => event.kind).filter((kind) => kind !== 'alive'),
    close: () => {
      closing.abort();
    },
    leave: () => {
      gone.abort();
    },
  };
}

/** A bench that is new for each test of the suite that this is called in. */
export function serviceBench(): ServiceBench {
  return anew(() => {
    const on = memoryStore();
    return new ServiceBench(on, startDaemon(on.store, on.clock));
  });
}

/** A bench whose daemon has the store by way of `faulty`. */
export interface FaultyBench extends ServiceBench {
  faulty: FaultyStore;
}

/** As `serviceBench`. */
export function faultyBench(limits: Partial<Limits> = {}): FaultyBench {
  return anew(() => {
    const on = memoryStore();
    const faulty = new FaultyStore(on.store);
    const daemon = startDaemon(faulty.store, on.clock, limits);
    return Object.assign(new ServiceBench(on, daemon), { faulty });
  });
}

function anew<Bench extends ServiceBench>(make: () => Bench): Bench {
  const bench = make();
  beforeEach(() => {
    Object.assign(bench, make());
  });
  afterEach(() => bench.store.close());
  return bench;
}

/** A caller that stays, unless the signal says otherwise. */
export function caller(signal: AbortSignal = new AbortController().signal): Caller {
  return { signal };
}

export function acquireRequest(name: string, rest: Partial<AcquireRequest> = {}): AcquireRequest {
  return {
    name,
    mode: 'EXCLUSIVE',
    permits: 0,
    limit: 0,
    lease: undefined,
    ttlMs: undefined,
    waitMs: 0,
    owner: '',
    value: '',
    labels: new Map(),
    requestId: '',
    ...rest,
  };
}

/** The grant of an outcome that must be one. */
export function grantOf(outcome: AcquireOutcome): Grant {
  if (!outcome.acquired) throw new Error('the lock was not acquired');
  return outcome.grant;
}

export async function session(daemon: Services, ttlMs = 10_000): Promise<LeaseId> {
  const outcome = await daemon.leases.create(
    { key: '', value: '', labels: new Map(), owner: '', ttlMs, requestId: '' },
    caller(),
  );
  return grantOf(outcome).leaseId;
}

/** A lease ID that nobody has. */
export const UNKNOWN_LEASE = parseLeaseId('1234567890123456789');

/** Keys in the store below a root, for finding what was left behind. */
export async function keysBelow(store: Store, prefix: string): Promise<string[]> {
  const last = prefix.length - 1;
  const to = prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
  const { entries } = await store.read({ range: { from: prefix, to }, keysOnly: true });
  return entries.map((entry) => entry.key);
}

/** What a stream tells, until it ends; the second is what ended it: `ended`, or a fault. */
export function collect<T>(stream: AsyncIterable<T>): {
  readonly events: T[];
  readonly done: Promise<unknown>;
} {
  const events: T[] = [];
  const checker = new WatchChecker();
  const done = (async () => {
    for await (const event of stream) {
      if (typeof event === 'object' && event !== null) failIf(checker.see(event));
      events.push(event);
    }
    return 'ended';
  })().catch((error: unknown) => error);
  return { events, done };
}

/** What a promise was rejected with; fails if it was not. */
export async function faultOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('expected a fault');
    },
    (error: unknown) => error,
  );
}
