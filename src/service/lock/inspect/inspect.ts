import type { Clock } from '../../../clock/clock.js';
import { SHOWN_BYTES, waiterBytes, whileBelow } from '../../../core/answer-size.js';
import type { Limits } from '../../../core/limits.js';
import type { LockState, TokenCheck, Waiter } from '../../../core/lock.js';
import { checkName } from '../../../core/text.js';
import { prefixed } from '../../../store/store.js';
import type { Entry, Read, ReadResult } from '../../../store/store.js';
import { transact } from '../../transaction.js';
import { readWaiter } from '../state/records.js';
import {
  holderCount,
  holdingEntries,
  lookAt,
  entriesInOrder,
  holdersOf,
  viewQuery,
} from '../state/view.js';
import type { LockStore, LockView } from '../state/view.js';

/** Of one lock so much is read to be shown: its values, and what else is recorded. */
const READ_CHARACTERS = 4 * 1024 * 1024;

/** How much of a lock is read and shown, beside the bounds in bytes. */
interface Extent {
  /** Holders, and waiters. */
  readonly entries: number;
  /** Of a crowd of holders so many are asked for their remaining time, each by a call of its own. */
  readonly remaining: number;
}

/** In a list. Also what is read of a lock at first: most have no more. */
const IN_LIST: Extent = { entries: 100, remaining: 8 };

const REMAINING_SHOWN = 50;

/** So many locks are looked at by one transaction, whose branch has at most 32 operations: of each its holders, and its queue. */
export const LOCKS_A_LOOK = 6;

/** What it takes to look at locks. */
export interface InspectParts extends LockStore {
  readonly clock: Clock;
  readonly limits: Limits;
}

/** A lock's state at one revision. The name may be one that another program made up. */
export async function inspect(parts: InspectParts, name: string): Promise<LockState> {
  const most = { entries: parts.limits.pageSize, remaining: REMAINING_SHOWN };
  const [first] = await look(parts, [name], IN_LIST.entries);
  const wanted = first === undefined ? 0 : Math.min(most.entries, worthReading(first));
  const [found = first] = wanted > IN_LIST.entries ? await look(parts, [name], wanted) : [];
  if (found === undefined) throw new TypeError('a look has an outcome for each name');
  return withRemaining(parts, found, stateOf(parts, found), most.remaining);
}

/**
 * As `inspect`, of up to `LOCKS_A_LOOK` locks, as far as lists show them. Of those that are not wanted nothing more is asked than
 * what it takes to know that.
 */
export async function inspectForList(
  parts: InspectParts,
  names: readonly string[],
  isWanted: (state: LockState) => boolean,
): Promise<LockState[]> {
  const looks = await look(parts, names, IN_LIST.entries);
  return Promise.all(
    looks.map(async (found) => {
      const state = stateOf(parts, found);
      return isWanted(state) ? withRemaining(parts, found, state, IN_LIST.remaining) : state;
    }),
  );
}

interface Look {
  readonly name: string;
  readonly view: LockView;
  readonly queue: ReadResult;
}

/** One for each name, all at one revision. */
async function look(
  { store, keys }: LockStore,
  names: readonly string[],
  limit: number,
): Promise<Look[]> {
  const queries = names.map((name) => {
    const range = prefixed(keys.queue(name));
    const queue: Read = { kind: 'read', range, order: 'create', limit };
    return { name, view: viewQuery(keys, name, limit), queue };
  });
  const then = queries.flatMap(({ view, queue }) => [...view.reads, queue]);
  const done = await transact(store, { resource: keys.held(names[0] ?? ''), then });
  return queries.map(({ name, view, queue }) => {
    return { name, view: view.found(done), queue: done.result(queue) };
  });
}

/** How many entries would be shown, if all are as large as those of the first look; no more than were found if that was all. */
function worthReading({ view, queue }: Look): number {
  return Math.max(
    ...[view.shared, view.permits, queue.entries].map((entries, index) => {
      const count = [view.sharedCount, view.permitCount, queue.count][index] ?? 0;
      if (entries.length === count) return count;
      const characters = entries.reduce((sum, { value }) => sum + value.length, 0);
      return Math.floor((READ_CHARACTERS * entries.length) / Math.max(1, characters));
    }),
  );
}

function stateOf(parts: Pick<InspectParts, 'clock'>, { name, view, queue }: Look): LockState {
  return {
    name,
    holders: holdersOf(view, parts.clock.wall()),
    waiters: whileBelow(waitersIn(queue), waiterBytes, SHOWN_BYTES),
    holderCount: holderCount(view),
    waiterCount: queue.count,
    revision: view.revision,
  };
}

/** Asks for the remaining time of the first `count` holders. */
async function withRemaining(
  parts: InspectParts,
  { view }: Look,
  state: LockState,
  count: number,
): Promise<LockState> {
  const entries = entriesInOrder(view).slice(0, count);
  const seconds = await Promise.all(entries.map((entry) => remaining(parts, entry)));
  const holders = state.holders.map((holder, index) => {
    return { ...holder, remainingTtlSeconds: seconds[index] };
  });
  return { ...state, holders };
}

function* waitersIn({ entries }: ReadResult): Generator<Waiter> {
  for (const [index, entry] of entries.entries()) yield readWaiter(entry, index + 1);
}

/** Whether `token` is a holder's now. Linearizable. */
export async function checkToken(
  parts: InspectParts,
  name: string,
  token: number,
): Promise<TokenCheck> {
  checkName(name, parts.limits.nameBytes);
  const tokens = holdingEntries(await lookAt(parts, name, 0)).map((entry) => entry.createRevision);
  return {
    current: tokens.includes(token),
    currentToken: tokens.reduce((a, b) => Math.max(a, b), 0),
  };
}

async function remaining(
  { store }: Pick<LockStore, 'store'>,
  entry: Entry,
): Promise<number | undefined> {
  if (entry.lease === undefined) return undefined;
  return (await store.inspectLease(entry.lease))?.remainingSeconds;
}
