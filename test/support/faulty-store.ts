import { unavailable } from '../../src/core/errors.js';
import type {
  Outcome,
  Store,
  Transaction,
  Watch,
  WatchEnd,
  WatchListener,
} from '../../src/store/store.js';

/** A store that misbehaves as a test says, and counts the watches that are open. */
export class FaultyStore {
  readonly store: Store;
  #isDeaf = false;
  openWatches = 0;
  /** Called around each transaction; by default it just runs. */
  around: (transaction: Transaction, run: () => Promise<Outcome>) => Promise<Outcome> = (_, run) =>
    run();
  onRenew: (() => Promise<void> | void) | undefined;
  /** After the store has looked at a lease, before it says so. */
  onInspect: (() => Promise<void> | void) | undefined;

  readonly #ends = new Set<(why: WatchEnd) => void>();

  constructor(inner: Store) {
    const members: Partial<Store> = {
      transact: (transaction) => this.around(transaction, () => inner.transact(transaction)),
      renew: async (lease) => {
        await this.onRenew?.();
        return inner.renew(lease);
      },
      inspectLease: async (lease, options) => {
        const state = await inner.inspectLease(lease, options);
        await this.onInspect?.();
        return state;
      },
      watch: (range, from, listener) => this.#watch(inner, range, from, listener),
    };
    this.store = new Proxy(inner, {
      get: (target, property) => {
        const own: unknown = Reflect.get(members, property);
        if (own !== undefined) return own;
        const member: unknown = Reflect.get(target, property);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
  }

  /** Ends all watches that are open, as the store may at any time. */
  endWatches(why: WatchEnd): void {
    for (const end of [...this.#ends]) end(why);
  }

  /** No transaction is applied nor answered any more, until `mend`. */
  break(): void {
    this.around = () => Promise.reject(unavailable('away'));
  }

  /** Watches tell nothing any more. */
  deafen(): void {
    this.#isDeaf = true;
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
    const watch = inner.watch(range, from, {
      ...listener,
      events: (revision, events) => {
        if (!this.#isDeaf) listener.events(revision, events);
      },
    });
    let isOpen = true;
    this.openWatches++;
    const close = (): void => {
      if (isOpen) this.openWatches--;
      isOpen = false;
      this.#ends.delete(end);
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
