import type { Clock } from '../clock/clock.js';
import type { LeaseId } from '../core/lease-id.js';
import type { Store } from '../store/store.js';
import { ArchiveLease } from './archive-lease.js';
import { StandingLease } from './standing-lease.js';

/** A daemon that dies frees the places of its waiters after this. */
const QUEUE_TTL_SECONDS = 10;

/** The leases that a daemon has for itself, beside those that it makes for callers. */
export class DaemonLeases {
  readonly #queue: StandingLease;
  readonly #archive: ArchiveLease;

  constructor(store: Store, clock: Clock, retentionMs: number) {
    this.#queue = new StandingLease(store, clock, QUEUE_TTL_SECONDS);
    this.#archive = new ArchiveLease(store, clock, retentionMs);
  }

  /** For places in queues: ends with the daemon. */
  queue(): Promise<LeaseId> {
    return this.#queue.current();
  }

  /** Calls back when the lease for places is found to have ended, with all places. */
  onQueueEnded(callback: () => void): void {
    this.#queue.onEnded(callback);
  }

  /** For records that outlive the daemon by the retention. */
  archive(): Promise<LeaseId> {
    return this.#archive.current();
  }

  /** Asks the store whether they are alive; one that has ended is replaced at the next use. */
  async replaceEnded(): Promise<void> {
    await Promise.all([this.#queue.replaceIfEnded(), this.#archive.replaceIfEnded()]);
  }

  /** Frees the places in queues. Records stay. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }
}
