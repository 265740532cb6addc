import type { LeaseId } from '../../core/lease-id.js';
import type {
  Acknowledged,
  KeyRange,
  LeaderChange,
  LeaseState,
  Outcome,
  Read,
  ReadResult,
  Revision,
  Store,
  StoreHealth,
  Transaction,
  Watch,
  WatchListener,
} from '../../store/store.js';
import type { LeaseOwners } from './lease-owners.js';

/** A store that tells of the leases that are granted, renewed and ended by way of it. */
export class LeaseWatchingStore implements Store {
  readonly #store: Store;
  readonly #owners: LeaseOwners;

  constructor(store: Store, owners: LeaseOwners) {
    this.#store = store;
    this.#owners = owners;
  }

  get mayGrantMore(): boolean {
    return this.#store.mayGrantMore;
  }

  get endsLeasesEarly(): boolean {
    return this.#store.endsLeasesEarly;
  }

  async renew(id: LeaseId): Promise<number | undefined> {
    const ttlSeconds = await this.#store.renew(id);
    if (ttlSeconds === undefined) this.#owners.ended(id);
    else this.#owners.renewed(id, ttlSeconds);
    return ttlSeconds;
  }

  async revoke(id: LeaseId): Promise<boolean> {
    const revoked = await this.#store.revoke(id);
    this.#owners.ended(id);
    return revoked;
  }

  async grant(
    id: LeaseId,
    ttlSeconds: number,
    options?: { readonly frees?: boolean },
  ): Promise<number> {
    const granted = await this.#store.grant(id, ttlSeconds, options);
    this.#owners.renewed(id, granted);
    return granted;
  }

  transact(transaction: Transaction): Promise<Outcome> {
    return this.#store.transact(transaction);
  }

  read(read: Omit<Read, 'kind'>): Promise<ReadResult & { readonly revision: Revision }> {
    return this.#store.read(read);
  }

  inspectLease(
    id: LeaseId,
    options?: { readonly keys?: boolean },
  ): Promise<LeaseState | undefined> {
    return this.#store.inspectLease(id, options);
  }

  acknowledged(id: LeaseId): Acknowledged | undefined {
    return this.#store.acknowledged(id);
  }

  get leaderChange(): LeaderChange | undefined {
    return this.#store.leaderChange;
  }

  watch(range: KeyRange, from: Revision | 'now', listener: WatchListener): Watch {
    return this.#store.watch(range, from, listener);
  }

  get health(): StoreHealth {
    return this.#store.health;
  }

  onHealthChange(listener: (health: StoreHealth) => void): void {
    this.#store.onHealthChange(listener);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
