import type { ProclaimRequest } from '../../core/election.js';
import { Fault } from '../../core/errors.js';
import { checkRequestId } from '../../core/lock.js';
import { checkName, checkValue } from '../../core/text.js';
import { createdAt } from '../../store/store.js';
import type { Revision } from '../../store/store.js';
import type { CallOrigin } from '../caller.js';
import { holderRecord } from '../lock/state/records.js';
import type { Recorder } from '../operation-log.js';
import { attachedTo, put, transact } from '../transaction.js';
import type { ElectionParts } from './parts.js';
import { seatQuery } from './seat.js';
import type { Seat } from './seat.js';

/** How often the leader may change, or proclaim otherwise, between the read and the write. */
const MAX_TRIES = 5;

/**
 * Changes the leader's value if, in the transaction that writes it, the lease still leads, in the same term. What says
 * who leads is written again with it: so one who observes tells a proclamation from a value that is only put again
 * (`reassert`), and has the leader's name with it.
 * @returns the revision of the change.
 * @throws Fault FAILED_PRECONDITION (NOT_THE_HOLDER) if the lease does not lead.
 */
export async function proclaim(
  parts: ElectionParts,
  asked: ProclaimRequest,
  origin: CallOrigin,
): Promise<Revision> {
  const { store, keys, limits, operations, leaseAccess } = parts;
  checkName(asked.name, limits.nameBytes);
  checkValue(asked.value, limits.lockValueBytes);
  checkRequestId(asked.requestId, limits);
  const operation = operations.begin(asked.requestId, 'proclaim', asked, origin);
  const request = { ...asked, lease: await leaseAccess.usable(asked.lease, origin) };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const done = await operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      const seat = seatQuery(keys, request.name);
      const done = await transact(store, {
        resource: keys.held(request.name),
        then: [...seat.reads, ...recorder.reads],
      });
      const first = recorder.replay(done)?.revision;
      return first ?? write(parts, request, recorder, seat.found(done));
    });
    if (done !== undefined) return done;
  }
  throw new Fault('ABORTED', 'the leader changed too often while its value was written; ask again');
}

/** @returns undefined if the seat changed since it was looked at. */
async function write(
  { store, keys }: ElectionParts,
  { name, lease, term, value }: ProclaimRequest,
  recorder: Recorder,
  { held, holder }: Seat,
): Promise<Revision | undefined> {
  if (held?.lease !== lease) {
    throw notTheLeader(held === undefined ? 'nobody leads' : 'somebody else leads');
  }
  if (term !== 0 && term !== held.createRevision) {
    throw notTheLeader('the lease leads in another term; the given one is over');
  }
  const key = keys.held(name);
  const done = await transact(store, {
    resource: key,
    compare: [createdAt(key, held.createRevision), attachedTo(key, lease), ...recorder.compares],
    then: [
      put(key, value, lease),
      put(keys.holder(name), holderRecord(held, holder), lease),
      ...recorder.records({}),
    ],
  });
  return done.succeeded ? done.revision : undefined;
}

function notTheLeader(why: string): Fault {
  return new Fault('FAILED_PRECONDITION', `${why}; only the leader can proclaim`, {
    reason: 'NOT_THE_HOLDER',
  });
}
