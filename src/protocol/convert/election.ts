import type {
  CampaignOutcome,
  CampaignRequest,
  Candidate,
  Election,
  ElectionEvent,
  ElectionPage,
  Leader,
  Leadership,
  LeadershipRequest,
  ObserveRequest,
  ProclaimRequest,
  ResignRequest,
  UnseatOutcome,
  UnseatRequest,
} from '../../core/election.js';
import { checkVisible } from '../../core/visible.js';
import type { AmLeaderRequest__Output } from '../generated/sharedlock/v1/AmLeaderRequest.js';
import type { AmLeaderResponse } from '../generated/sharedlock/v1/AmLeaderResponse.js';
import type { CampaignRequest__Output } from '../generated/sharedlock/v1/CampaignRequest.js';
import type { CampaignResponse } from '../generated/sharedlock/v1/CampaignResponse.js';
import type { Candidate as WireCandidate } from '../generated/sharedlock/v1/Candidate.js';
import type { Election as WireElection } from '../generated/sharedlock/v1/Election.js';
import type { Leader as WireLeader } from '../generated/sharedlock/v1/Leader.js';
import type { ListElectionsResponse } from '../generated/sharedlock/v1/ListElectionsResponse.js';
import type { ObserveRequest__Output } from '../generated/sharedlock/v1/ObserveRequest.js';
import type { ObserveResponse } from '../generated/sharedlock/v1/ObserveResponse.js';
import type { ProclaimRequest__Output } from '../generated/sharedlock/v1/ProclaimRequest.js';
import type { ResignRequest__Output } from '../generated/sharedlock/v1/ResignRequest.js';
import type { UnseatRequest__Output } from '../generated/sharedlock/v1/UnseatRequest.js';
import type { UnseatResponse } from '../generated/sharedlock/v1/UnseatResponse.js';
import { grantOf } from './lock.js';
import { leaseIdFrom, optionalLeaseIdFrom, revisionFrom } from './numbers.js';
import { durationOf, labelsFrom, labelsOf, msFrom, remainingOf } from './values.js';

/** Domain requests of messages. All throw Fault INVALID_ARGUMENT for what only the wire can get wrong. */
export function campaignFrom(message: CampaignRequest__Output): CampaignRequest {
  return {
    name: checkVisible(message.name),
    candidate: message.candidate,
    value: message.value,
    lease: optionalLeaseIdFrom(message.leaseId),
    ttlMs: msFrom(message.ttl),
    waitMs: msFrom(message.wait),
    labels: labelsFrom(message.labels),
    requestId: message.requestId,
  };
}

export function resignFrom(message: ResignRequest__Output): ResignRequest {
  return {
    name: message.name,
    lease: leaseIdFrom(message.leaseId),
    term: revisionFrom(message.term, 'term'),
    requestId: message.requestId,
    grantRequestId: message.grantRequestId || undefined,
  };
}

export function proclaimFrom(message: ProclaimRequest__Output): ProclaimRequest {
  return {
    name: message.name,
    lease: leaseIdFrom(message.leaseId),
    term: revisionFrom(message.term, 'term'),
    value: message.value,
    requestId: message.requestId,
  };
}

export function unseatFrom(message: UnseatRequest__Output): UnseatRequest {
  return {
    name: message.name,
    reason: message.reason,
    term: revisionFrom(message.term, 'term'),
    requestId: message.requestId,
  };
}

export function observeFrom(message: ObserveRequest__Output): ObserveRequest {
  return { name: message.name, fromRevision: revisionFrom(message.fromRevision, 'from_revision') };
}

export function amLeaderFrom(message: AmLeaderRequest__Output): LeadershipRequest {
  return {
    name: message.name,
    candidate: message.candidate,
    term: revisionFrom(message.term, 'term'),
  };
}

export function campaignOf(outcome: CampaignOutcome): CampaignResponse {
  return outcome.elected
    ? { elected: true, grant: grantOf(outcome.grant) }
    : { elected: false, leader: optionalLeaderOf(outcome.leader) };
}

export function unseatOf({ unseated, leader }: UnseatOutcome): UnseatResponse {
  return { unseated, leader: optionalLeaderOf(leader) };
}

export function electionOf(election: Election): WireElection {
  return {
    name: election.name,
    leader: optionalLeaderOf(election.leader),
    candidates: election.candidates.map(candidateOf),
    candidateCount: election.candidateCount,
    revision: election.revision,
  };
}

export function electionPageOf({ elections, nextPageToken }: ElectionPage): ListElectionsResponse {
  return { elections: elections.map(electionOf), nextPageToken };
}

export function electionEventOf(event: ElectionEvent): ObserveResponse {
  const { kind, revision } = event;
  if ('election' in event) return { kind, revision, election: electionOf(event.election) };
  return { kind, revision, leader: leaderOf(event.leader) };
}

export function amLeaderOf({ isLeader, term, remainingSeconds }: Leadership): AmLeaderResponse {
  return { leader: isLeader, term, remainingTtl: remainingOf(remainingSeconds) };
}

function optionalLeaderOf(leader: Leader | undefined): WireLeader | null {
  return leader === undefined ? null : leaderOf(leader);
}

function leaderOf(leader: Leader): WireLeader {
  return {
    candidate: leader.candidate,
    term: leader.term,
    value: leader.value,
    labels: labelsOf(leader.labels),
    electedAt: durationOf(leader.electedAtMs),
    age: durationOf(leader.ageMs),
    remainingTtl: remainingOf(leader.remainingTtlSeconds),
  };
}

function candidateOf({ position, candidate, labels, sinceMs }: Candidate): WireCandidate {
  return { position, candidate, labels: labelsOf(labels), since: durationOf(sinceMs) };
}
