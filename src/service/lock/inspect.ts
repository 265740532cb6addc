import type { LockState, TokenCheck } from '../../core/lock.js';
import type { Holder } from '../../core/lock.js';
import { checkName } from '../../core/text.js';
import { prefixed, readAt } from '../../store/store.js';
import type { Entry, ReadResult } from '../../store/store.js';
import type { LockParts } from './parts.js';
import { readWaiter } from './records.js';
import {
  holderCount,
  holderOf,
  holdingEntries,
  lookAt,
  VIEW_READS,
  viewAt,
  viewReads,
} from './view.js';
import type { LockView } from './view.js';

/** Of a crowd of shared holders so many are asked for their remaining time, each by a call of its own. */
const REMAINING_SHOWN = 50;

/** A lock's state at one revision, with the entries that it was made of. */
export interface Inspection {
  readonly state: LockState;
  readonly view: LockView;
  readonly queue: ReadResult;
}

/** Reads a lock: who holds it, who waits. The name may be one that another program made up. */
export async function inspect(parts: LockParts, name: string): Promise<Inspection> {
  const { store, keys, limits } = parts;
  const outcome = await store.transact({
    resource: keys.held(name),
    compare: [],
    then: [
      ...viewReads(keys, name, limits.pageSize),
      {
        kind: 'read',
        range: prefixed(keys.queue(name)),
        order: 'create',
        limit: limits.pageSize,
      },
    ],
    else: [],
  });
  const view = viewAt(outcome, 0);
  const queue = readAt(outcome, VIEW_READS);
  const state: LockState = {
    name,
    holders: await holders(parts, view),
    waiters: queue.entries.map((entry, index) => readWaiter(entry, index + 1)),
    holderCount: holderCount(view),
    waiterCount: queue.count,
    revision: view.revision,
  };
  return { state, view, queue };
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

async function holders(parts: LockParts, view: LockView): Promise<Holder[]> {
  const wallMs = parts.clock.wall();
  const entries = holdingEntries(view).sort((a, b) => a.createRevision - b.createRevision);
  return Promise.all(
    entries.map(async (entry, index) => ({
      ...holderOf(view, entry, wallMs),
      remainingTtlSeconds: index < REMAINING_SHOWN ? await remaining(parts, entry) : undefined,
    })),
  );
}

async function remaining({ store }: LockParts, entry: Entry): Promise<number | undefined> {
  if (entry.lease === undefined) return undefined;
  return (await store.inspectLease(entry.lease))?.remainingSeconds;
}
