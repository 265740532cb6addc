import type { LeaseId } from '../../core/lease-id.js';
import { ForwardingStore } from '../../store/forwarding-store.js';
import type { Store } from '../../store/store.js';
import type { LeaseOwners } from './lease-owners.js';

/** A store that tells of the leases that are granted, renewed and ended by way of it. */
export class LeaseWatchingStore extends ForwardingStore {
  readonly #owners: LeaseOwners;

  constructor(inner: Store, owners: LeaseOwners) {
    super(inner);
    this.#owners = owners;
  }

  override async grant(...asked: Parameters<Store['grant']>): Promise<number> {
    const ttlSeconds = await super.grant(...asked);
    this.#owners.renewed(asked[0], ttlSeconds);
    return ttlSeconds;
  }

  override async renew(id: LeaseId): Promise<number | undefined> {
    const ttlSeconds = await super.renew(id);
    if (ttlSeconds === undefined) this.#owners.ended(id);
    else this.#owners.renewed(id, ttlSeconds);
    return ttlSeconds;
  }

  override async revoke(id: LeaseId): Promise<boolean> {
    const revoked = await super.revoke(id);
    this.#owners.ended(id);
    return revoked;
  }
}
