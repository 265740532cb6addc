import type { KeyLayout } from '../../core/keys.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { KeyRange } from '../../store/store.js';

/** A lease's record and, below it, the mark that it is about to be revoked: `0` is what comes after `/`. */
export function lifeOf(layout: KeyLayout, lease: LeaseId): KeyRange {
  return { from: layout.lease(lease), to: `${layout.lease(lease)}0` };
}
