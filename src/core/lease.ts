import type { Labels } from './labels.js';
import type { HoldEnd, LockMode } from './lock.js';

/** Asks for a lease, and with a key for the exclusive lock of that name in the same step. */
export interface CreateLeaseRequest {
  /** Empty: a bare lease, a session. */
  readonly key: string;
  readonly value: string;
  readonly labels: Labels;
  readonly owner: string;
  /** Undefined: the default. */
  readonly ttlMs: number | undefined;
  readonly requestId: string;
}

/** What people may see of a lease. Never its ID. */
export interface LeaseView {
  /** The lock that was taken with it; empty for a session. */
  readonly key: string;
  /** Who asked for it; empty if that was not said. */
  readonly owner: string;
  readonly labels: Labels;
  /** What was granted. */
  readonly ttlSeconds: number;
  /** Until it ends unless it is renewed. */
  readonly remainingTtlSeconds: number;
  /** Wall clock, milliseconds since 1970; undefined if another program made the lease. */
  readonly createdAtMs: number | undefined;
  /** The locks that it holds, up to `SHOWN_BYTES`, in a list `LISTED_BYTES`; `holdCount` counts all. */
  readonly holds: readonly HeldLock[];
  readonly holdCount: number;
  /** The election that a candidate got it for; empty otherwise. */
  readonly election: string;
  /** The elections in which it leads, as many; `leadCount` counts all. */
  readonly leads: readonly string[];
  readonly leadCount: number;
}

/** What a watcher of a lease is told. */
export type LeaseEvent =
  /** First, and when a jeopardy is over. It counts as lost after `leftMs`, unless it is renewed. */
  | { readonly kind: 'alive'; readonly ttlSeconds: number; readonly leftMs: number }
  /** It was not renewed for half of its TTL. Told again and again, with less left. */
  | { readonly kind: 'jeopardy'; readonly leftMs: number }
  /** The last event. */
  | { readonly kind: 'lost'; readonly end: HoldEnd };

/** A lock that a lease holds. */
export interface HeldLock {
  readonly name: string;
  readonly mode: LockMode;
}

export interface ListLeasesRequest {
  /** 0: the default of 100. */
  readonly pageSize: number;
  readonly pageToken: string;
  readonly selectors: Labels;
  /** Empty: of anybody. */
  readonly owner: string;
}

/** One page of a list. */
export interface LeasePage {
  readonly leases: readonly LeaseView[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}
