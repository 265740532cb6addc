import type { LeaseStatus } from '../../client/locks/held-lease.js';

/** What a command runs under: a lock, or a term. */
export interface Held {
  /** With its kind, for messages: `lock "x"`. */
  readonly title: string;
  readonly lease: LeaseStatus;
  /** Aborts when it is lost, with an error as its reason that says so. */
  readonly signal: AbortSignal;
}
