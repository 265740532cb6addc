import type { Candidate, Election, ElectionEvent, Leader } from '../../core/election.js';
import type { Holder } from '../../core/lock.js';
import { msFrom } from '../../protocol/convert/values.js';
import type { Candidate__Output } from '../../protocol/generated/sharedlock/v1/Candidate.js';
import type { Election__Output } from '../../protocol/generated/sharedlock/v1/Election.js';
import type { Leader__Output } from '../../protocol/generated/sharedlock/v1/Leader.js';
import type { ObserveResponse__Output } from '../../protocol/generated/sharedlock/v1/ObserveResponse.js';
import { holdingFrom, waitingFrom } from './lock.js';

export function leaderFrom(leader: Leader__Output): Leader {
  const { candidate } = leader;
  const electedAtMs = msFrom(leader.electedAt);
  return { candidate, term: Number(leader.term), electedAtMs, ...holdingFrom(leader) };
}

/** A leader as the holder of the lock that an election is. */
export function leaderAsHolder(leader: Leader): Holder {
  const { candidate, term, value, labels, electedAtMs, ageMs, remainingTtlSeconds } = leader;
  return {
    ...{ owner: candidate, mode: 'EXCLUSIVE', fencingToken: term, value, labels, permits: 1 },
    ...{ valueOmitted: false, acquiredAtMs: electedAtMs, ageMs, remainingTtlSeconds },
  };
}

function candidateFrom(candidate: Candidate__Output): Candidate {
  return { candidate: candidate.candidate, ...waitingFrom(candidate) };
}

export function electionFrom(election: Election__Output): Election {
  return {
    name: election.name,
    leader: election.leader === null ? undefined : leaderFrom(election.leader),
    candidates: election.candidates.map(candidateFrom),
    candidateCount: election.candidateCount,
    revision: Number(election.revision),
  };
}

/** Undefined for an event of a kind that this client does not know yet. */
export function electionEventFrom(message: ObserveResponse__Output): ElectionEvent | undefined {
  const { kind, election, leader } = message;
  const revision = Number(message.revision);
  switch (kind) {
    case 'STATE':
    case 'RESYNC':
      return election === null ? undefined : { kind, revision, election: electionFrom(election) };
    case 'ELECTED':
    case 'PROCLAIMED':
    case 'VACATED':
      return leader === null ? undefined : { kind, revision, leader: leaderFrom(leader) };
    default:
      return undefined;
  }
}
