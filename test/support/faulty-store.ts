import type { Clock } from '../../src/clock/clock.js';
import { unavailable } from '../../src/core/errors.js';
import type { LeaseId } from '../../src/core/lease-id.js';
import type {
  LeaderChange,
  Outcome,
  Store,
  StoreEvent,
  Transaction,
  Watch,
  WatchEnd,
  WatchListener,
} from '../../src/store/store.js';

/** A store that misbehaves as a test says, and counts what is asked of it. */
export class FaultyStore {
  readonly store: Store;
  openWatches = 0;
  /** Leases that were asked for. */
  grants = 0;
  reads = 0;
  inspections = 0;
  /** Called around each transaction; by default it just runs. */
  around: (transaction: Transaction, run: () => Promise<Outcome>) => Promise<Outcome> = (_, run) =>
    run();
  /** Before the store is asked for a lease. */
  onGrant: (() => Promise<void> | void) | undefined;
  onRead: (() => Promise<void> | void) | undefined;
  onRenew: (() => Promise<void> | void) | undefined;
  /** Watches don't say what was deleted, as etcd's if that is compacted. */
  forgetsPrevious = false;
  /** Says that whole seconds are left of leases, as etcd does. */
  roundsDown = false;
  /** Says what it has acknowledged of leases, as etcd does, by this clock. */
  acknowledging: Clock | undefined;
  leaderChange: LeaderChange | undefined;
  /** Grants no lease a shorter TTL, as etcd: then `mayGrantMore`. */
  leastTtlSeconds = 0;
  /** Whether leases may have been ended early, as etcd may after a change of its leader. */
  mayEndEarly = true;
  /** After the store has looked at a lease, before it says so. */
  onInspect: (() => Promise<void> | void) | undefined;

  readonly #untilMs = new Map<LeaseId, number>();
  readonly #ends = new Set<(why: WatchEnd) => void>();
  readonly #listeners = new Set<WatchListener>();
  /** What watches have yet to tell; undefined: they tell at once. */
  #held: (() => void)[] | undefined;

  constructor(inner: Store) {
    const members: Partial<Store> = {
      transact: (transaction) => this.around(transaction, () => inner.transact(transaction)),
      grant: async (id, ttlSeconds) => {
        this.grants += 1;
        if (this.onGrant !== undefined) await this.onGrant();
        return this.#learn(id, inner.grant(id, Math.max(ttlSeconds, this.leastTtlSeconds)));
      },
      read: async (read) => {
        this.reads += 1;
        await this.onRead?.();
        return inner.read(read);
      },
      renew: async (lease) => {
        await this.onRenew?.();
        return this.#learn(lease, inner.renew(lease));
      },
      revoke: (lease) => {
        this.#untilMs.delete(lease);
        return inner.revoke(lease);
      },
      acknowledged: (lease) => {
        const untilMs = this.#untilMs.get(lease);
        return untilMs === undefined ? undefined : { untilMs, mayEndEarly: this.mayEndEarly };
      },
      inspectLease: async (lease, options) => {
        const askedMs = this.acknowledging?.now();
        this.inspections += 1;
        const state = await inner.inspectLease(lease, options);
        await this.onInspect?.();
        if (state === undefined) return undefined;
        const exact = state.remainingSeconds;
        const remainingSeconds = this.roundsDown ? Math.floor(exact) : exact;
        if (askedMs !== undefined) this.#acknowledge(lease, askedMs + remainingSeconds * 1000);
        return { ...state, remainingSeconds };
      },
      watch: (range, from, listener) => this.#watch(inner, range, from, listener),
    };
    this.store = new Proxy(inner, {
      get: (target, property) => {
        if (property === 'leaderChange') return this.leaderChange;
        if (property === 'endsLeasesEarly') return this.acknowledging !== undefined;
        if (property === 'mayGrantMore') return this.leastTtlSeconds > 0;
        const own: unknown = Reflect.get(members, property);
        if (own !== undefined) return own;
        const member: unknown = Reflect.get(target, property);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
  }

  async #learn<T extends number | undefined>(lease: LeaseId, asking: Promise<T>): Promise<T> {
    const sentMs = this.acknowledging?.now();
    const ttlSeconds = await asking;
    if (sentMs !== undefined && ttlSeconds !== undefined) {
      this.#acknowledge(lease, sentMs + ttlSeconds * 1000);
    }
    return ttlSeconds;
  }

  #acknowledge(lease: LeaseId, untilMs: number): void {
    this.#untilMs.set(lease, Math.max(untilMs, this.#untilMs.get(lease) ?? 0));
  }

  /** Ends all watches that are open, as the store may at any time. */
  endWatches(why: WatchEnd): void {
    for (const end of [...this.#ends]) end(why);
  }

  /** Watches tell nothing any more, until `releaseWatches`. */
  holdWatches(): void {
    this.#held ??= [];
  }

  releaseWatches(): void {
    for (const tell of this.takeHeld()) tell();
  }

  /** What watches have yet to tell, one by one; from here they tell at once. */
  takeHeld(): (() => void)[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }

  /** Tells all watches that the way to the store broke. */
  interruptWatches(): void {
    for (const listener of [...this.#listeners]) listener.interrupted?.();
  }

  /** No transaction is applied nor answered any more, until `mend`. */
  break(): void {
    this.around = () => Promise.reject(unavailable('away'));
  }

  /** Lets something else come to pass right before the next transaction that puts a key and that `isMeant`. */
  beforeWrite(
    act: () => Promise<unknown>,
    isMeant: (transaction: Transaction) => boolean = () => true,
  ): void {
    this.around = async (transaction, run) => {
      if (transaction.then.some(({ kind }) => kind === 'put') && isMeant(transaction)) {
        this.mend();
        await act();
      }
      return run();
    };
  }

  mend(): void {
    this.around = (_, run) => run();
  }

  #watch(
    inner: Store,
    range: Parameters<Store['watch']>[0],
    from: Parameters<Store['watch']>[1],
    listener: WatchListener,
  ): Watch {
    let isOpen = true;
    const tell = (call: () => void): void => {
      if (this.#held === undefined) call();
      else this.#held.push(() => isOpen && call());
    };
    const watch = inner.watch(range, from, {
      started: (revision) => {
        tell(() => listener.started?.(revision));
      },
      events: (revision, events) => {
        const told = this.forgetsPrevious ? events.map(withoutPrevious) : events;
        tell(() => {
          listener.events(revision, told);
        });
      },
      ended: (why) => {
        tell(() => {
          listener.ended(why);
        });
      },
    });
    this.#listeners.add(listener);
    this.openWatches++;
    const close = (): void => {
      if (isOpen) this.openWatches--;
      isOpen = false;
      this.#ends.delete(end);
      this.#listeners.delete(listener);
      watch.close();
    };
    const end = (why: WatchEnd): void => {
      close();
      listener.ended(why);
    };
    this.#ends.add(end);
    return { close };
  }
}

function withoutPrevious(event: StoreEvent): StoreEvent {
  return event.kind === 'put' ? event : { kind: 'delete', key: event.key };
}
