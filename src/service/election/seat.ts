import type { LockKeys } from '../../core/keys.js';
import type { Entry } from '../../store/store.js';
import { readKey, type Query } from '../transaction.js';

/** The two keys of a leader, at one revision. */
export interface Seat {
  /** The lock that an election is. */
  readonly held: Entry | undefined;
  /** Who has it. */
  readonly holder: Entry | undefined;
}

/** Looks who leads. */
export function seatQuery(keys: LockKeys, name: string): Query<Seat> {
  const held = readKey(keys.held(name));
  const holder = readKey(keys.holder(name));
  return {
    reads: [held, holder],
    found: (done) => ({ held: done.entry(held), holder: done.entry(holder) }),
  };
}
