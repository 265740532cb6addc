import type { Leadership, LeadershipRequest } from '../../core/election.js';
import { invalid } from '../../core/errors.js';
import { checkName, checkText } from '../../core/text.js';
import type { Entry } from '../../store/store.js';
import { readExclusiveHolder } from '../lock/state/records.js';
import { transact } from '../transaction.js';
import type { ElectionParts } from './parts.js';
import { seatQuery } from './seat.js';

/**
 * Whether a candidate leads. Linearizable; and a leader whose lease has run out does not lead, though the store may be
 * late in ending it: its time counts from before it was asked for, so that an answer that was long on its way
 * never says more than was true.
 * @throws Fault INVALID_ARGUMENT if neither a candidate nor a term is given.
 */
export async function leadership(
  parts: ElectionParts,
  request: LeadershipRequest,
): Promise<Leadership> {
  const { store, keys, clock, limits } = parts;
  const { name, candidate, term } = request;
  checkName(name, limits.nameBytes);
  checkText(candidate, limits.ownerBytes, 'candidate');
  if (candidate === '' && term === 0) {
    throw invalid('candidate', 'is empty; say which candidate is meant, or which term');
  }
  const askedAtMs = clock.now();
  const seat = seatQuery(keys, name);
  const done = await transact(store, { resource: keys.held(name), then: seat.reads });
  const { held, holder } = seat.found(done);
  if (held === undefined) return { isLeader: false, term: 0, remainingSeconds: undefined };
  const notLeading = { isLeader: false, term: held.createRevision, remainingSeconds: undefined };
  if (!isMeant(request, held, holder) || held.lease === undefined) {
    return notLeading;
  }
  const state = await store.inspectLease(held.lease);
  if (state === undefined) return notLeading;
  // etcd says only whole seconds, rounded down: a renewal that this daemon saw says more.
  const endsAtMs = Math.max(
    askedAtMs + state.remainingSeconds * 1000,
    store.acknowledged(held.lease)?.untilMs ?? 0,
  );
  const remainingSeconds = (endsAtMs - clock.now()) / 1000;
  if (remainingSeconds <= 0) return notLeading;
  return { isLeader: true, term: held.createRevision, remainingSeconds };
}

function isMeant(
  { candidate, term }: LeadershipRequest,
  held: Entry,
  record: Entry | undefined,
): boolean {
  if (term !== 0 && term !== held.createRevision) return false;
  return candidate === '' || readExclusiveHolder(held, record, 0).owner === candidate;
}
