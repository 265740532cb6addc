import type { LeaseId } from '../../core/lease-id.js';
import { sortKeys } from '../apply.js';
import type { Revision, StoreEvent } from '../store.js';
import { EntryMap } from './entry-map.js';
import type { Snapshot } from './journal.js';
import { LeaseTable, type Lease } from './leases.js';
import { growthOf, LEASE_BYTES } from './size.js';

/** Keys and leases, and what ties them: which keys end with which lease. */
export class MemoryState {
  readonly entries = new EntryMap();
  readonly leases = new LeaseTable();
  /** Of leases whose end is not durable yet, their deadlines: should it fail, they have not become longer. */
  readonly #ending = new Map<LeaseId, number>();
  /** Of the last write. As in etcd it begins at 1, with nothing written. */
  #revision: Revision = 1;
  /** Of all entries. */
  #entryBytes = 0;

  get revision(): Revision {
    return this.#revision;
  }

  /** What entries and leases take of the memory, about. */
  get bytes(): number {
    return this.#entryBytes + this.leases.size * LEASE_BYTES;
  }

  /** What the events of one write would add to that. */
  growthOf(events: readonly StoreEvent[]): number {
    return events.reduce((sum, event) => {
      const key = event.kind === 'put' ? event.entry.key : event.key;
      return sum + growthOf(event, this.entries.get(key));
    }, 0);
  }

  /** Applies the events of one write; without any, the revision stays. */
  write(events: readonly StoreEvent[]): Revision {
    if (events.length > 0) this.#revision++;
    for (const event of events) this.#apply(event);
    return this.#revision;
  }

  /** Takes a lease away. @returns what is left to write: the deletion of its keys. */
  end(lease: Lease): readonly StoreEvent[] {
    this.leases.remove(lease);
    this.#ending.set(lease.id, lease.deadlineMs);
    return sortKeys([...lease.keys]).map((key) => {
      const previous = this.entries.get(key);
      return { kind: 'delete', key, ...(previous === undefined ? {} : { previous }) };
    });
  }

  /** The end of a lease is durable. */
  ended(id: LeaseId): void {
    this.#ending.delete(id);
  }

  /** Becomes what the journal has. Leases that are known keep their deadlines, others get a full TTL. */
  load(snapshot: Snapshot, nowMs: number): void {
    const deadlinesMs = new Map(this.#ending);
    for (const lease of this.leases.all()) deadlinesMs.set(lease.id, lease.deadlineMs);
    this.#ending.clear();
    this.entries.clear();
    this.leases.clear();
    this.#entryBytes = 0;
    this.#revision = snapshot.revision;
    for (const { id, ttlSeconds } of snapshot.leases) {
      const deadlineMs = deadlinesMs.get(id) ?? nowMs + ttlSeconds * 1000;
      this.leases.setDeadline(this.leases.add(id, ttlSeconds), deadlineMs);
    }
    for (const entry of snapshot.entries) this.#apply({ kind: 'put', entry });
  }

  #apply(event: StoreEvent): void {
    const key = event.kind === 'put' ? event.entry.key : event.key;
    const before = this.entries.get(key);
    this.#entryBytes += growthOf(event, before);
    this.leases.detach(before?.lease, key);
    if (event.kind === 'delete') {
      this.entries.delete(key);
      return;
    }
    this.entries.set(event.entry);
    this.leases.attach(event.entry.lease, key);
  }
}
