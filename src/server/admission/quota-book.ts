import { Bucket } from '../../core/access/bucket.js';
import { quotaRate, quotaReached, type Quota } from '../../core/access/quota.js';
import type { Fault } from '../../core/errors.js';
import { isFirst, type Work } from './work.js';

/** Whose request it is, and what it may. */
export interface QuotaHolder {
  /** Whose share it takes: as `Users.ofPrincipal`. */
  readonly user: string;
  /** For people. */
  readonly id: string;
  readonly quota: Quota;
}

interface Page {
  inFlight: number;
  /** By the address and port of their callers. */
  readonly connections: Set<string>;
  bucket: Bucket | undefined;
  /** That the bucket was made of. */
  quota: Quota;
}

/** Of so many users it is looked from time to time who has nothing. */
const SWEEP_EVERY = 1000;

/**
 * What each principal has under way at this daemon, by its quota: requests, how often it asks, connections. What keeps locks, and gives them
 * back, is never refused for it.
 */
export class QuotaBook {
  readonly #pages = new Map<string, Page>();
  readonly #userAt = new Map<string, string>();
  #sweepAt = SWEEP_EVERY;

  /** Counts a request, until `leave`. @param peer its connection. @returns why not; then nothing is counted. */
  enter(
    { user, id, quota }: QuotaHolder,
    work: Work,
    peer: string,
    nowMs: number,
  ): Fault | undefined {
    if (isFirst(work)) return undefined;
    const page = this.#pageOf(user, nowMs);
    const refusal =
      this.#connectionRefusal(page, { user, id, quota }, peer) ??
      this.#inFlightRefusal(page, id, quota, work) ??
      this.#rateRefusal(page, id, quota, nowMs);
    if (refusal === undefined && work === 'ask') page.inFlight++;
    return refusal;
  }

  leave(user: string, work: Work): void {
    if (work !== 'ask') return;
    const page = this.#pages.get(user);
    if (page !== undefined) page.inFlight--;
  }

  /** How many users are known. */
  get size(): number {
    return this.#pages.size;
  }

  /** A connection has ended. @param peer address and port of its other end. */
  forget(peer: string): void {
    const user = this.#userAt.get(peer);
    if (user === undefined) return;
    this.#userAt.delete(peer);
    this.#pages.get(user)?.connections.delete(peer);
  }

  /** A connection counts for the one who asked over it first. One of a Unix socket has no name, and does not count. */
  #connectionRefusal(
    { connections }: Page,
    { user, id, quota }: QuotaHolder,
    peer: string,
  ): Fault | undefined {
    const { connections: limit } = quota;
    if (limit === undefined || peer === 'unix' || this.#userAt.has(peer)) return undefined;
    if (connections.size >= limit) return quotaReached(id, 'connections', limit);
    connections.add(peer);
    this.#userAt.set(peer, user);
    return undefined;
  }

  #inFlightRefusal(page: Page, id: string, { inFlight }: Quota, work: Work): Fault | undefined {
    if (work !== 'ask' || inFlight === undefined || page.inFlight < inFlight) return undefined;
    return quotaReached(id, 'inFlight', inFlight);
  }

  #rateRefusal(page: Page, id: string, quota: Quota, nowMs: number): Fault | undefined {
    const { rate, burst = Math.max(1, rate ?? 0) } = quota;
    if (rate === undefined) return undefined;
    if (page.bucket === undefined || page.quota !== quota) {
      page.bucket = new Bucket(rate, burst, nowMs);
      page.quota = quota;
    }
    const waitMs = page.bucket.take(nowMs);
    return waitMs === 0 ? undefined : quotaRate(id, rate, waitMs);
  }

  #pageOf(user: string, nowMs: number): Page {
    const known = this.#pages.get(user);
    if (known !== undefined) return known;
    if (this.#pages.size >= this.#sweepAt) this.#sweep(nowMs);
    const page: Page = { inFlight: 0, connections: new Set(), bucket: undefined, quota: {} };
    this.#pages.set(user, page);
    return page;
  }

  /** Forgets users who have nothing: so there are never more than have something, and some. */
  #sweep(nowMs: number): void {
    for (const [user, { inFlight, connections, bucket }] of this.#pages) {
      const isIdle = inFlight === 0 && connections.size === 0 && bucket?.isFull(nowMs) !== false;
      if (isIdle) this.#pages.delete(user);
    }
    this.#sweepAt = 2 * this.#pages.size + SWEEP_EVERY;
  }
}
