import type { LeaseId } from '../../core/lease-id.js';
import type { Entry, Revision, StoreEvent } from '../store.js';

/** What makes the memory engine durable. */
export interface Journal {
  /** Everything that is durable. Called at the start, and after an append failed for want of space. */
  load(): Snapshot;

  /**
   * Makes changes durable, all or none. Never called again before the promise has settled. Without changes it
   * finds out whether what needs space would have some.
   * @param revision the store's revision after the changes.
   * @param frees whether all of them are of writes that free: those should succeed where others have no space left.
   * @throws Fault RESOURCE_EXHAUSTED if there is no space: nothing was applied, and it may work later.
   * Any other error is taken as final: the store serves nothing any more.
   */
  append(changes: readonly Change[], revision: Revision, frees: boolean): Promise<void>;

  close(): Promise<void>;
}

/** Renewals are not among them: after a restart each lease has its full TTL. */
export type Change =
  | StoreEvent
  | { readonly kind: 'grant'; readonly lease: LeaseId; readonly ttlSeconds: number }
  /** The lease was revoked or has expired. */
  | { readonly kind: 'end'; readonly lease: LeaseId };

export interface Snapshot {
  readonly revision: Revision;
  readonly entries: readonly Entry[];
  readonly leases: readonly { readonly id: LeaseId; readonly ttlSeconds: number }[];
}
