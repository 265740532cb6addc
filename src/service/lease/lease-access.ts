import { randomLeaseId } from '../../clock/random.js';
import type { LeaseOwner } from '../../core/access/lease-use.js';
import type { KeyLayout } from '../../core/keys.js';
import type { LeaseId } from '../../core/lease-id.js';
import { exactly } from '../../store/store.js';
import type { Store } from '../../store/store.js';
import type { CallOrigin, Rights } from '../caller.js';
import { Recent } from '../recent.js';
import { readLeaseRecord, type LeaseRecord } from './record.js';
import { locksAmong } from './view.js';

/**
 * Whose leases are. Who names the lease of another gets a made-up one in its place: so whatever was asked goes on as with an ID that
 * nobody has, and can't be told from it. An owner never changes, so it is remembered.
 */
export class LeaseAccess {
  readonly #store: Store;
  readonly #layout: KeyLayout;
  readonly #known: Recent<LeaseId, LeaseOwner>;

  /** @param capacity so many are remembered; of others the store is asked. */
  constructor(store: Store, layout: KeyLayout, capacity: number) {
    this.#store = store;
    this.#layout = layout;
    this.#known = new Recent(capacity);
  }

  /** A lease that was made for a caller. */
  made(lease: LeaseId, record: LeaseRecord, { rights }: CallOrigin): void {
    if (rights !== undefined) this.#known.put(lease, ownerIn(record));
  }

  /**
   * The lease that a caller names, if it may use it, else one that there is not. At once where its owner is known.
   * @throws Fault as the store, by its promise.
   */
  usable(lease: LeaseId, { rights }: CallOrigin): LeaseId | Promise<LeaseId> {
    if (rights === undefined) return lease;
    const owner = this.#known.get(lease);
    if (owner !== undefined) return usableBy(rights, lease, owner);
    return this.#find(lease).then((found) => usableBy(rights, lease, found));
  }

  async #find(lease: LeaseId): Promise<LeaseOwner> {
    const range = exactly(this.#layout.lease(lease));
    const record = readLeaseRecord((await this.#store.read({ range })).entries[0]);
    const owner = record === undefined ? await this.#unrecorded(lease) : ownerIn(record);
    // Of one that has ended, or holds nothing yet, nothing is known.
    if (record !== undefined || owner.locks.length > 0) this.#known.put(lease, owner);
    return owner;
  }

  /** Another program made it. */
  async #unrecorded(lease: LeaseId): Promise<LeaseOwner> {
    const state = await this.#store.inspectLease(lease, { keys: true });
    return { ownerId: undefined, locks: locksAmong(this.#layout, state?.keys ?? []) };
  }
}

function usableBy(rights: Rights, lease: LeaseId, owner: LeaseOwner): LeaseId {
  return rights.mayUse(owner) ? lease : randomLeaseId();
}

function ownerIn({ principal, key, kind }: LeaseRecord): LeaseOwner {
  return { ownerId: principal, locks: key === '' ? [] : [{ kind, name: key }] };
}
