import type { Clock, Timer } from '../../clock/clock.js';
import { type Fault, isFault, leaseNotFound, shorterLeaseExists } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import { apply, readState, sortKeys } from '../apply.js';
import type {
  KeyRange,
  LeaseState,
  Outcome,
  Read,
  ReadResult,
  Revision,
  Store,
  StoreEvent,
  StoreHealth,
  Transaction,
  Watch,
  WatchListener,
} from '../store.js';
import { CommitQueue } from './commit-queue.js';
import { checkGrowth, type DataLimit } from './data-limit.js';
import { History } from '../history.js';
import type { Change, Journal } from './journal.js';
import { LeaseExpiry } from './lease-expiry.js';
import type { Lease } from './leases.js';
import { MemoryState } from './memory-state.js';
import { LEASE_BYTES, ownTexts } from './size.js';
import { StoreMode } from './store-mode.js';
import { Watchers } from './watchers.js';

export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** Events kept for watches that begin in the past. Default 10,000. */
  readonly historyEvents?: number;
  /** Characters of their keys and values. Default 32 Mi. */
  readonly historyCharacters?: number;
  /** Writes that may wait for the journal at a time. Default 10,000. */
  readonly pendingWrites?: number;
  /** Default: none. */
  readonly dataLimit?: DataLimit;
  /** Without one, what is stored ends with the process. */
  readonly journal?: Journal;
}

/** How long after the journal ran out of space it is tried again. */
const PROBE_DELAY_MS = 1000;

/**
 * The store in memory. A write is applied at once, so that the next one sees it; its answer, its events, and
 * every answer that could have seen it wait for the journal, if there is one (D5).
 */
export class MemoryStore implements Store {
  readonly endsLeasesEarly = false;
  /** It leads itself. */
  readonly leaderChange = undefined;
  readonly mayGrantMore = false;
  readonly #clock: Clock;
  readonly #journal: Journal | undefined;
  readonly #dataLimit: DataLimit | undefined;
  readonly #state = new MemoryState();
  readonly #expiry: LeaseExpiry;
  readonly #mode: StoreMode;
  readonly #history: History;
  readonly #watchers: Watchers;
  readonly #commits: CommitQueue;
  /** Of the last write that is durable, and so shown. */
  #durableRevision: Revision;
  #probe: Timer | undefined;

  constructor(options: MemoryStoreOptions) {
    this.#clock = options.clock;
    this.#journal = options.journal;
    this.#dataLimit = options.dataLimit;
    this.#commits = new CommitQueue(
      options.journal,
      options.pendingWrites ?? 10_000,
      (error, frees) => this.#onJournalFailure(error, frees),
    );
    this.#mode = new StoreMode(() => this.#stop());
    this.#expiry = new LeaseExpiry({
      clock: options.clock,
      leases: this.#state.leases,
      isRunning: () => this.#mode.isRunning,
      // Nobody waits for it: a journal that fails is dealt with where it failed.
      end: (lease) => void this.#end(lease),
    });
    if (options.journal !== undefined) this.#state.load(options.journal.load(), this.#clock.now());
    this.#durableRevision = this.#state.revision;
    // A new store has no past to lose.
    const lostThrough = this.#durableRevision === 1 ? 0 : this.#durableRevision;
    const limits = { events: options.historyEvents, characters: options.historyCharacters };
    this.#history = new History(limits, lostThrough);
    this.#watchers = new Watchers(this.#history);
    this.#expiry.arm();
  }

  transact(transaction: Transaction): Promise<Outcome> {
    return this.#onceMoreIfFull(() => this.#transact(transaction));
  }

  async #transact(transaction: Transaction): Promise<Outcome> {
    this.#enter();
    let applied;
    try {
      applied = apply(
        this.#state.entries,
        transaction,
        this.#state.revision + 1,
        (id) => this.#state.leases.get(id) !== undefined,
      );
    } catch (error) {
      // That a lease has ended may not be on disk yet.
      if (isFault(error)) await this.#commits.durable();
      throw error;
    }
    if (applied.changes.length === 0) {
      await this.#commits.durable();
      return applied.outcome;
    }
    const frees =
      (transaction.frees ?? false) !== false ||
      applied.changes.every(({ kind }) => kind === 'delete');
    if (!frees) this.#checkSpace(() => this.#state.growthOf(applied.changes));
    this.#commits.checkRoom();
    await this.#write(applied.changes.map(ownTexts), frees);
    return applied.outcome;
  }

  async read(read: Omit<Read, 'kind'>): Promise<ReadResult & { readonly revision: Revision }> {
    this.#enter();
    const result = { ...readState(this.#state.entries, read), revision: this.#state.revision };
    await this.#commits.durable();
    return result;
  }

  async grant(
    id: LeaseId,
    ttlSeconds: number,
    options: { readonly frees?: boolean } = {},
  ): Promise<number> {
    if (!(ttlSeconds > 0)) throw new TypeError('a TTL is above 0');
    return this.#onceMoreIfFull(() => this.#grant(id, ttlSeconds, options.frees === true));
  }

  async #grant(id: LeaseId, ttlSeconds: number, frees: boolean): Promise<number> {
    this.#enter();
    const known = this.#state.leases.get(id);
    if (known !== undefined) return this.#grantAgain(known, ttlSeconds);
    if (!frees) this.#checkSpace(() => LEASE_BYTES);
    this.#commits.checkRoom();
    const granted = Math.ceil(ttlSeconds);
    const lease = this.#state.leases.add(id, granted);
    await this.#commits.commit({
      changes: [{ kind: 'grant', lease: id, ttlSeconds: granted }],
      revision: this.#state.revision,
      frees,
      onDurable: () => {
        this.#expiry.prolong(lease);
      },
    });
    return granted;
  }

  async renew(id: LeaseId): Promise<number | undefined> {
    this.#enter();
    const lease = this.#state.leases.get(id);
    if (lease === undefined) {
      await this.#commits.durable();
      return undefined;
    }
    // A lease whose grant is not durable yet has no deadline to move.
    if (lease.deadlineMs === Infinity) await this.#commits.durable();
    return this.#expiry.prolong(lease) ? lease.ttlSeconds : undefined;
  }

  revoke(id: LeaseId): Promise<boolean> {
    return this.#onceMoreIfFull(() => this.#revoke(id));
  }

  async #revoke(id: LeaseId): Promise<boolean> {
    this.#enter();
    const lease = this.#state.leases.get(id);
    if (lease === undefined) {
      await this.#commits.durable();
      return false;
    }
    this.#commits.checkRoom();
    await this.#end(lease);
    return true;
  }

  /** Nothing ends early here, and what is left is known to the millisecond. */
  acknowledged(): undefined {
    return undefined;
  }

  async inspectLease(
    id: LeaseId,
    options: { readonly keys?: boolean } = {},
  ): Promise<LeaseState | undefined> {
    this.#enter();
    const nowMs = this.#clock.now();
    const lease = this.#state.leases.get(id);
    let state: LeaseState | undefined;
    if (lease !== undefined) {
      const { ttlSeconds } = lease;
      const leftSeconds = (lease.deadlineMs - nowMs) / 1000;
      const remainingSeconds = Math.min(Math.max(leftSeconds, 0), ttlSeconds);
      const keys = options.keys === true ? sortKeys([...lease.keys]) : [];
      state = { ttlSeconds, remainingSeconds, keys };
    }
    await this.#commits.durable();
    return state;
  }

  watch(range: KeyRange, from: Revision | 'now', listener: WatchListener): Watch {
    const watch =
      from === 'now'
        ? this.#watchers.openAfter(range, this.#durableRevision, listener)
        : // As in etcd, 0 is the next revision.
          this.#watchers.open(range, from > 0 ? from : this.#durableRevision + 1, listener);
    if (!this.#mode.isRunning) this.#watchers.endAll({ reason: 'closed' });
    return watch;
  }

  get health(): StoreHealth {
    return this.#mode.health;
  }

  onHealthChange(listener: (health: StoreHealth) => void): void {
    this.#mode.onHealthChange(listener);
  }

  /** Forgets the events up to and including `revision`, at most the current one, as etcd's compaction does. */
  compact(revision: Revision): void {
    this.#history.compact(Math.min(revision, this.#durableRevision));
  }

  /** Writes that were applied are still made durable; nothing new is taken. */
  async close(): Promise<void> {
    if (!this.#mode.close()) return;
    await this.#commits.idle();
    await this.#journal?.close();
  }

  /** Every operation begins here: what is due by now has ended, though its timer may come late. */
  #enter(): void {
    const over = this.#mode.over();
    if (over !== undefined) throw over;
    this.#expiry.endDue();
  }

  /** For what needs space: so many bytes of the memory. */
  #checkSpace(growth: () => number): void {
    if (this.#mode.full !== undefined) throw this.#mode.full;
    if (this.#dataLimit !== undefined) checkGrowth(this.#dataLimit, this.#state.bytes, growth());
  }

  /** Applies changes of keys at one revision, and with them the end of the lease that they go with. */
  #write(events: readonly StoreEvent[], frees: boolean, ended?: LeaseId): Promise<void> {
    const revision = this.#state.write(events);
    const end: readonly Change[] = ended === undefined ? [] : [{ kind: 'end', lease: ended }];
    return this.#commits.commit({
      changes: [...events, ...end],
      revision,
      frees,
      onDurable: () => {
        this.#durableRevision = revision;
        if (ended !== undefined) this.#state.ended(ended);
        if (events.length > 0) this.#watchers.publish({ revision, events });
      },
    });
  }

  /**
   * What frees fails with what it shared a flush with, if that needed space. Then the store is full: it takes nothing
   * any more that needs some, and what frees, tried again, has a flush without it.
   */
  async #onceMoreIfFull<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      if (this.#mode.full === undefined || error !== this.#mode.full) throw error;
      return operation();
    }
  }

  async #grantAgain(lease: Lease, ttlSeconds: number): Promise<number> {
    if (lease.ttlSeconds < ttlSeconds) throw shorterLeaseExists();
    await this.#commits.durable();
    if (!this.#expiry.prolong(lease)) throw leaseNotFound();
    return lease.ttlSeconds;
  }

  /** Ends a lease and deletes its keys, in a write of its own. */
  #end(lease: Lease): Promise<void> {
    return this.#write(this.#state.end(lease), true, lease.id);
  }

  #onJournalFailure(error: unknown, frees: boolean): Fault {
    const over = this.#mode.over(error);
    if (over !== undefined) return over;
    if (!isFault(error, 'RESOURCE_EXHAUSTED') || this.#journal === undefined) {
      return this.#mode.fail(error);
    }
    try {
      this.#state.load(this.#journal.load(), this.#clock.now());
    } catch (loadError) {
      return this.#mode.fail(loadError);
    }
    if (this.#state.revision !== this.#durableRevision) {
      return this.#mode.fail(new Error('the journal kept a write that it had reported as failed'));
    }
    this.#mode.becomeFull(error);
    // Where not even that works, leases that are due are not tried again and again.
    if (frees) this.#expiry.pause(PROBE_DELAY_MS);
    this.#expiry.arm();
    this.#probeLater();
    return error;
  }

  #probeLater(): void {
    this.#probe?.cancel();
    this.#probe = this.#clock.timer(PROBE_DELAY_MS, () => {
      this.#tryJournal();
    });
  }

  /** An empty write shows whether there is space again. It fails nobody else, and has a flush of its own. */
  #tryJournal(): void {
    if (this.#mode.full === undefined) return;
    if (!this.#commits.isIdle) {
      this.#probeLater();
      return;
    }
    void this.#commits.commit({
      changes: [],
      revision: this.#state.revision,
      frees: false,
      onDurable: () => this.#mode.recover(),
    });
  }

  #stop(): void {
    this.#expiry.stop();
    this.#probe?.cancel();
    this.#watchers.endAll({ reason: 'closed' });
  }
}
