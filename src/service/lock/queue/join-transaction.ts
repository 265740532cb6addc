import type { KeyLayout, LockKeys } from '../../../core/keys.js';
import type { AcquireRequest } from '../../../core/lock.js';
import { prefixed } from '../../../store/store.js';
import type { Put, Read } from '../../../store/store.js';
import type { Recorder } from '../../operation-log.js';
import { readKey, readKeyOnly } from '../../transaction.js';
import { HOLDERS_SHOWN, holdKey, PLACES_OF_A_REVISION } from '../grant/grant-transaction.js';
import type { Asking, Blocked } from '../grant/grant-transaction.js';
import { viewQuery } from '../state/view.js';

/** A caller who takes a place in a queue, together with others of its daemon. */
export interface Joining {
  readonly request: AcquireRequest;
  readonly place: Put;
  readonly recorder: Recorder;
}

/** Operations of a transaction. */
const MOST_OPERATIONS = 32;
/** Those that read the lock, and the end of its queue. */
const SHARED_OPERATIONS = 5;
/** Each takes a place: there may be also its record, its hold, and whether its lease is ending. */
export const JOINED_AT_ONCE = Math.min(MOST_OPERATIONS - SHARED_OPERATIONS, PLACES_OF_A_REVISION);

/** How many of these, from the first on, go together in one transaction: at least one. */
export function joinedTogether(requests: readonly AcquireRequest[]): number {
  let operations = SHARED_OPERATIONS;
  const full = requests.findIndex((request) => {
    operations += 1 + (request.requestId === '' ? 0 : 1) + ownReads(request);
    return operations > MOST_OPERATIONS;
  });
  return full === -1 ? requests.length : Math.max(1, full);
}

function ownReads({ lease, mode }: AcquireRequest): number {
  if (lease === undefined) return 0;
  return mode === 'EXCLUSIVE' ? 1 : 2;
}

/**
 * *Take places in the queue of a lock, in this order, and read what is before them.* Nobody tries for the lock by it. All these places
 * have the same create revision, so they stand in the order of their keys.
 * @returns of each, once it is asked for, what `grantOrWhyTransaction` would have found. It throws as `Recorder.replay`.
 */
export function joinTransaction(
  layout: KeyLayout,
  keys: LockKeys,
  name: string,
  all: readonly Joining[],
): Asking<readonly (() => Blocked)[]> {
  const limit = all.some(({ request }) => request.mode === 'SEMAPHORE') ? 0 : HOLDERS_SHOWN;
  const view = viewQuery(keys, name, limit);
  const last = lastInQueue(keys, name);
  const members = all.map(({ request, place, recorder }) => {
    const { lease, mode } = request;
    const mine =
      lease === undefined || mode === 'EXCLUSIVE'
        ? undefined
        : readKey(holdKey(keys, request, lease));
    const ending = lease && readKeyOnly(layout.ending(lease));
    const own = [mine, ending].filter((read) => read !== undefined);
    return { lease, place, recorder, mine, ending, reads: [...own, ...recorder.reads] };
  });
  return {
    draft: {
      resource: keys.held(name),
      // The end of the queue is read before the places are put.
      then: [...view.reads, last, ...members.flatMap(({ place, reads }) => [place, ...reads])],
    },
    outcomeOf: (done) => {
      const seen = view.found(done);
      const [before] = done.entries(last);
      return members.map(({ lease, recorder, mine, ending }, index) => () => {
        const own = mine === undefined ? seen.held : done.entry(mine);
        return {
          view: seen,
          mine: lease !== undefined && own?.lease === lease ? own : undefined,
          predecessor: index === 0 ? before?.key : members[index - 1]?.place.key,
          waiterCount: done.result(last).count + index + 1,
          placeLost: false,
          leaseEnding: ending !== undefined && done.entry(ending) !== undefined,
          first: recorder.replay(done),
        };
      });
    },
  };
}

function lastInQueue(keys: LockKeys, name: string): Read {
  const range = prefixed(keys.queue(name));
  // Several may have come together, and etcd does not sort those.
  return { kind: 'read', range, order: 'create-desc', limit: JOINED_AT_ONCE, keysOnly: true };
}
