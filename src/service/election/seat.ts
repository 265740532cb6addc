import { exactly, readAt } from '../../store/store.js';
import type { Entry, Operation, Outcome } from '../../store/store.js';
import type { ElectionParts } from './parts.js';

/** The two keys of a leader, at one revision. */
export interface Seat {
  /** The lock that an election is. */
  readonly held: Entry | undefined;
  /** Who has it. */
  readonly holder: Entry | undefined;
}

/**
 * Looks who leads.
 * @param more what is read in the same step; its results begin at 2.
 */
export async function readSeat(
  { store, keys }: Pick<ElectionParts, 'store' | 'keys'>,
  name: string,
  more: readonly Operation[] = [],
): Promise<{ readonly seat: Seat; readonly outcome: Outcome }> {
  const outcome = await store.transact({
    resource: keys.held(name),
    compare: [],
    then: [
      { kind: 'read', range: exactly(keys.held(name)) },
      { kind: 'read', range: exactly(keys.holder(name)) },
      ...more,
    ],
    else: [],
  });
  const [held, holder] = [readAt(outcome, 0).entries[0], readAt(outcome, 1).entries[0]];
  return { seat: { held, holder }, outcome };
}
