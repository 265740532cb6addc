/**
 * What services tell of themselves. No name, owner or lease ID of a user goes into a metric.
 */
export interface ServiceTelemetry {
  /** A lease was made, alone or with a lock, or renewed, or that was tried. */
  leaseOperation(
    operation: 'create' | 'renew',
    status: LeaseOperationStatus,
    seconds: number,
  ): void;
  /** A lock was granted after so long. */
  lockWaited(seconds: number): void;
  /** A lock was given back, taken away, or went with its revoked lease, after so long. */
  lockHeld(seconds: number): void;
  /** So many callers wait for locks at this daemon. */
  waiters(count: number): void;
  /** An open stream at this daemon came to hold a lock (1), or ceased to (-1). */
  holding(change: 1 | -1): void;
  /** So many leases, and holders of locks of any mode, are in the store, ours or not. */
  counted(counts: { readonly leases: number; readonly locks: number }): void;
  /** The cache of held locks, or of documents (`config_…`), was asked (`get`), filled (`set`), or made room (`evict`). */
  cacheOperation(operation: CacheOperation, status: CacheStatus): void;
  /** Something left behind was not taken away: it goes when its lease ends. */
  cleanupTrouble(trouble: 'dropped' | 'failed', error: unknown): void;
  /** An operator did something that its victims will ask about. Goes to the log. */
  audit(action: string, facts: Readonly<Record<string, string | number>>): void;
}

export type CacheOperation = 'get' | 'set' | 'evict' | 'config_get' | 'config_evict';

/** `stale`: out of step, and the store out of reach. */
export type CacheStatus = 'hit' | 'miss' | 'stale' | 'success';

export type LeaseOperationStatus = 'success' | 'held' | 'not_found' | 'failure';
