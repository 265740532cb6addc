import { OrderedMap } from '@js-sdsl/ordered-map';
import type { LeaseId } from '../../core/lease-id.js';

export interface Lease {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  /** On the monotonic clock. Infinity until the grant is acknowledged. */
  deadlineMs: number;
  readonly keys: Set<string>;
}

/** A lease's place in the line of deadlines. `sequence` tells equal times apart. */
interface Place {
  readonly dueMs: number;
  readonly sequence: number;
}

/**
 * All leases, and the line of their deadlines. A renewal only moves the deadline, in constant time: the lease
 * keeps its place in the line, which is then too early, and gets a new one when that comes up.
 */
export class LeaseTable {
  readonly #byId = new Map<LeaseId, Lease>();
  readonly #places = new Map<LeaseId, Place>();
  readonly #line = new OrderedMap<Place, Lease>(
    [],
    (a, b) => a.dueMs - b.dueMs || a.sequence - b.sequence,
  );
  #sequence = 0;

  get size(): number {
    return this.#byId.size;
  }

  get(id: LeaseId): Lease | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<Lease> {
    return this.#byId.values();
  }

  /** Adds a lease without a deadline. */
  add(id: LeaseId, ttlSeconds: number): Lease {
    const lease: Lease = { id, ttlSeconds, deadlineMs: Infinity, keys: new Set() };
    this.#byId.set(id, lease);
    return lease;
  }

  remove(lease: Lease): void {
    this.#byId.delete(lease.id);
    this.#leaveLine(lease);
  }

  /** Sets a deadline, which must not be before one that was set earlier. */
  setDeadline(lease: Lease, deadlineMs: number): void {
    lease.deadlineMs = deadlineMs;
    if (!this.#places.has(lease.id)) this.#enterLine(lease);
  }

  /** Not before this time is a lease due; undefined: none ever. */
  nextDueMs(): number | undefined {
    return this.#line.front()?.[0].dueMs;
  }

  /** One lease whose deadline is at or before `nowMs`, if there is any. */
  firstDue(nowMs: number): Lease | undefined {
    for (;;) {
      const front = this.#line.front();
      if (front === undefined || front[0].dueMs > nowMs) return undefined;
      const lease = front[1];
      if (lease.deadlineMs <= nowMs) return lease;
      this.#leaveLine(lease);
      this.#enterLine(lease);
    }
  }

  attach(id: LeaseId | undefined, key: string): void {
    if (id !== undefined) this.#byId.get(id)?.keys.add(key);
  }

  detach(id: LeaseId | undefined, key: string): void {
    if (id !== undefined) this.#byId.get(id)?.keys.delete(key);
  }

  clear(): void {
    this.#byId.clear();
    this.#places.clear();
    this.#line.clear();
  }

  #enterLine(lease: Lease): void {
    const place = { dueMs: lease.deadlineMs, sequence: this.#sequence++ };
    this.#places.set(lease.id, place);
    this.#line.setElement(place, lease);
  }

  #leaveLine(lease: Lease): void {
    const place = this.#places.get(lease.id);
    if (place === undefined) return;
    this.#places.delete(lease.id);
    this.#line.eraseElementByKey(place);
  }
}
