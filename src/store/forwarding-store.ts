import type {
  Acknowledged,
  LeaderChange,
  LeaseState,
  Outcome,
  ReadResult,
  Revision,
  Store,
  StoreHealth,
  Watch,
} from './store.js';

/**
 * A store that asks another one. Whoever looks at what is asked overrides that, and nothing else. Arguments are passed on as they
 * are, all of them: an option that is left out on the way, such as `frees`, is missed by nobody until it matters.
 */
export abstract class ForwardingStore implements Store {
  protected readonly inner: Store;

  constructor(inner: Store) {
    this.inner = inner;
  }

  get mayGrantMore(): boolean {
    return this.inner.mayGrantMore;
  }

  get endsLeasesEarly(): boolean {
    return this.inner.endsLeasesEarly;
  }

  get leaderChange(): LeaderChange | undefined {
    return this.inner.leaderChange;
  }

  get health(): StoreHealth {
    return this.inner.health;
  }

  transact(...asked: Parameters<Store['transact']>): Promise<Outcome> {
    return this.inner.transact(...asked);
  }

  read(...asked: Parameters<Store['read']>): Promise<ReadResult & { readonly revision: Revision }> {
    return this.inner.read(...asked);
  }

  grant(...asked: Parameters<Store['grant']>): Promise<number> {
    return this.inner.grant(...asked);
  }

  renew(...asked: Parameters<Store['renew']>): Promise<number | undefined> {
    return this.inner.renew(...asked);
  }

  revoke(...asked: Parameters<Store['revoke']>): Promise<boolean> {
    return this.inner.revoke(...asked);
  }

  inspectLease(...asked: Parameters<Store['inspectLease']>): Promise<LeaseState | undefined> {
    return this.inner.inspectLease(...asked);
  }

  acknowledged(...asked: Parameters<Store['acknowledged']>): Acknowledged | undefined {
    return this.inner.acknowledged(...asked);
  }

  watch(...asked: Parameters<Store['watch']>): Watch {
    return this.inner.watch(...asked);
  }

  onHealthChange(...asked: Parameters<Store['onHealthChange']>): void {
    this.inner.onHealthChange(...asked);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
