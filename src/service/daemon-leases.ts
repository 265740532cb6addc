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

  /** For records that outlive the daemon by the retention. */
  archive(): Promise<LeaseId> {
    return this.#archive.current();
  }

  /**
   * The store refused a put since its lease has ended. True if one of these was it: try again, there is a
   * new one. False: it was the caller's.
   */
  async replaceEnded(): Promise<boolean> {
    const [queue, archive] = await Promise.all([
      this.#queue.replaceIfEnded(),
      this.#archive.replaceIfEnded(),
    ]);
    return queue || archive;
  }

  /** Frees the places in queues. Records stay. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }
}
