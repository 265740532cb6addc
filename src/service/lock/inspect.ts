import { SHOWN_BYTES, waiterBytes, whileBelow } from '../../core/answer-size.js';
import type { LockState, TokenCheck, Waiter } from '../../core/lock.js';
import { checkName } from '../../core/text.js';
import { prefixed, readAt } from '../../store/store.js';
import type { Entry, ReadResult } from '../../store/store.js';
import type { LockParts } from './parts.js';
import { readWaiter } from './records.js';
import {
  holderCount,
  holdingEntries,
  lookAt,
  entriesInOrder,
  holdersOf,
  VIEW_READS,
  viewAt,
  viewReads,
} from './view.js';
import type { LockView } from './view.js';

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
export const IN_LIST: Extent = { entries: 100, remaining: 8 };

const REMAINING_SHOWN = 50;

/** A lock's state at one revision. The name may be one that another program made up. */
export async function inspect(parts: LockParts, name: string): Promise<LockState> {
  const most = { entries: parts.limits.pageSize, remaining: REMAINING_SHOWN };
  const first = await look(parts, name, IN_LIST.entries);
  const wanted = Math.min(most.entries, worthReading(first));
  return stateOf(
    parts,
    name,
    wanted > IN_LIST.entries ? await look(parts, name, wanted) : first,
    most,
  );
}

/** As `inspect`, as far as lists show a lock. */
export async function inspectForList(parts: LockParts, name: string): Promise<LockState> {
  return stateOf(parts, name, await look(parts, name, IN_LIST.entries), IN_LIST);
}

interface Look {
  readonly view: LockView;
  readonly queue: ReadResult;
}

async function look({ store, keys }: LockParts, name: string, limit: number): Promise<Look> {
  const outcome = await store.transact({
    resource: keys.held(name),
    compare: [],
    then: [
      ...viewReads(keys, name, limit),
      { kind: 'read', range: prefixed(keys.queue(name)), order: 'create', limit },
    ],
    else: [],
  });
  return { view: viewAt(outcome, 0), queue: readAt(outcome, VIEW_READS) };
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

async function stateOf(
  parts: LockParts,
  name: string,
  { view, queue }: Look,
  { remaining: asked }: Extent,
): Promise<LockState> {
  const entries = entriesInOrder(view);
  const holders = holdersOf(view, parts.clock.wall()).map(async (holder, index) => {
    const entry = index < asked ? entries[index] : undefined;
    return entry === undefined
      ? holder
      : { ...holder, remainingTtlSeconds: await remaining(parts, entry) };
  });
  return {
    name,
    holders: await Promise.all(holders),
    waiters: whileBelow(waitersIn(queue), waiterBytes, SHOWN_BYTES),
    holderCount: holderCount(view),
    waiterCount: queue.count,
    revision: view.revision,
  };
}

function* waitersIn({ entries }: ReadResult): Generator<Waiter> {
  for (const [index, entry] of entries.entries()) yield readWaiter(entry, index + 1);
}

/** Whether `token` is a holder's now. Linearizable. */
export async function checkToken(
  parts: LockParts,
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

async function remaining({ store }: LockParts, entry: Entry): Promise<number | undefined> {
  if (entry.lease === undefined) return undefined;
  return (await store.inspectLease(entry.lease))?.remainingSeconds;
}
