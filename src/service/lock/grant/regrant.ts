import { Fault, isFault, unavailable } from '../../../core/errors.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { AcquireRequest, FencingToken } from '../../../core/lock.js';
import { createdAt, exactly } from '../../../store/store.js';
import type { Entry, Read } from '../../../store/store.js';
import type { DaemonLeases } from '../../daemon-leases.js';
import type { Janitor } from '../../janitor.js';
import type { OperationLog, FirstOutcome, Operation, Recorder } from '../../operation-log.js';
import {
  lastPutAt,
  put,
  readKey,
  remove,
  transact,
  type Done,
  type Draft,
} from '../../transaction.js';
import { readPermits } from '../state/records.js';
import type { LockStore } from '../state/view.js';
import { holdKey } from './grant-transaction.js';

/** What it takes to tell a caller of its grant again, or to give back one that no caller was told of. */
export interface RegrantParts extends LockStore {
  readonly daemonLeases: DaemonLeases;
  readonly operations: OperationLog;
  readonly janitor: Janitor;
}

/**
 * The lease holds the lock already, by the key `mine`, and the request is to be told so. The key is put again, so that a
 * daemon which is about to give this grant back, since it thinks that nobody heard of it, finds that somebody did;
 * and with it the request's record, so that a release which names the request finds what it was told of (D26).
 * @param first what is recorded of the request already.
 * @returns false if the key has gone meanwhile, or another outcome was recorded.
 * @throws Fault FAILED_PRECONDITION if it holds other permits than are asked for; as `Recorder.replay`.
 */
export async function reassert(
  parts: RegrantParts,
  request: AcquireRequest,
  mine: Entry,
  operation: Operation,
  first?: FirstOutcome,
): Promise<boolean> {
  checkPermits(request, mine);
  let seen: Entry | undefined = mine;
  let recorded = first;
  while (isSameGrant(seen, mine)) {
    const recorder = await operation.recorder();
    const again = putAgain(parts, request.name, seen);
    const done = await putTold(parts, again, seen, recorder, recorded);
    if (done === undefined) return false;
    if (done.succeeded) return true;
    // Its value was changed meanwhile (a proclamation): that one must stand. Or the same request was faster.
    seen = done.entry(again.now);
    recorded ??= recorder.replay(done);
    if (recorded !== undefined && recorded.outcome.text('lease') !== mine.lease) return false;
  }
  return false;
}

/**
 * Whether the lease still holds the lock with this token; if so, the request is told of it once more. What gives it back for
 * the same request elsewhere, and may be late, leaves it from here. @param first as of `reassert`.
 */
export async function tellAgain(
  parts: RegrantParts,
  request: AcquireRequest,
  lease: LeaseId,
  token: FencingToken,
  operation: Operation,
  first?: FirstOutcome,
): Promise<boolean> {
  const range = exactly(holdKey(parts.keys, request, lease));
  const [mine] = (await parts.store.read({ range })).entries;
  if (mine?.createRevision !== token || mine.lease !== lease) return false;
  // Without an id it can't be given back elsewhere; and a Hold knows its key by the revision of the grant.
  if (operation.key === undefined) return true;
  return reassert(parts, request, mine, operation, first);
}

function isSameGrant(seen: Entry | undefined, mine: Entry): seen is Entry {
  return seen?.createRevision === mine.createRevision && seen.lease === mine.lease;
}

/** @returns undefined if the lease of `seen` has ended. */
async function putTold(
  parts: RegrantParts,
  again: PutAgain,
  seen: Entry,
  recorder: Recorder,
  recorded: FirstOutcome | undefined,
): Promise<Done | undefined> {
  const { store, daemonLeases } = parts;
  const { lease, createRevision: token } = seen;
  try {
    return await transact(store, {
      ...again.draft,
      compare: [...again.draft.compare, ...(recorded === undefined ? recorder.compares : [])],
      then: [...again.draft.then, ...recorder.records({ lease, token })],
      else: [...again.draft.else, ...recorder.reads],
    });
  } catch (error) {
    if (!isFault(error, 'NOT_FOUND') || lease === undefined) throw error;
    if ((await store.inspectLease(lease)) === undefined) return undefined;
    await daemonLeases.replaceEnded();
    throw unavailable('a lease of this daemon had ended; ask again', error, 'DAEMON_LEASE_ENDED');
  }
}

export interface PutAgain {
  readonly draft: Required<Omit<Draft, 'frees'>>;
  /** What is there if it had changed. */
  readonly now: Read;
}

/** Puts a key that holds a lock again, as it is; else reads it. */
export function putAgain({ keys }: Pick<LockStore, 'keys'>, name: string, mine: Entry): PutAgain {
  const { key, value, modRevision, lease } = mine;
  const now = readKey(key);
  return {
    draft: {
      resource: keys.held(name),
      compare: [lastPutAt(key, modRevision)],
      then: [put(key, value, lease)],
      else: [now],
    },
    now,
  };
}

function checkPermits(request: AcquireRequest, mine: Entry): void {
  if (request.mode !== 'SEMAPHORE') return;
  const { permits, limit } = readPermits(mine);
  if (permits === request.permits && limit === request.limit) return;
  throw new Fault(
    'FAILED_PRECONDITION',
    `permits: the lease holds ${permits} of ${limit} already; release them first, or use another lease`,
    { field: 'permits', reason: 'HOLDS_OTHER_PERMITS' },
  );
}

/**
 * Gives back a grant that nobody heard of: the caller went away, or does not wait until it is told of it. That it was not
 * acquired is recorded with that. If the same lease asked again meanwhile and was told of the grant (`reassert`), it
 * stays. If the store can't do it now, it is done later.
 * @returns false if it stays, or is gone.
 */
export async function giveBack(
  parts: RegrantParts,
  request: AcquireRequest,
  lease: LeaseId,
  token: FencingToken,
  operation: Operation,
): Promise<boolean> {
  const key = holdKey(parts.keys, request, lease);
  const undo = () =>
    parts.operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      const { succeeded } = await transact(parts.store, {
        resource: parts.keys.held(request.name),
        frees: true,
        compare: [createdAt(key, token), lastPutAt(key, token)],
        then: [
          remove(key),
          remove(parts.keys.holder(request.name)),
          ...recorder.records({ acquired: false }),
        ],
      });
      return succeeded;
    });
  return undo().catch(() => {
    parts.janitor.later(undo);
    return true;
  });
}
