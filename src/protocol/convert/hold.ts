import type { HoldEvent, HoldRequest } from '../../core/hold.js';
import { invalid } from '../../core/errors.js';
import { checkVisible } from '../../core/visible.js';
import type { HoldRequest__Output } from '../generated/sharedlock/v1/HoldRequest.js';
import type { HoldResponse } from '../generated/sharedlock/v1/HoldResponse.js';
import { grantOf, holderOf } from './lock.js';
import { leaseIdFrom, revisionFrom } from './numbers.js';
import { labelsFrom, leftOf, modeFrom, msFrom } from './values.js';

/** @throws Fault INVALID_ARGUMENT for what only the wire can get wrong. */
export function holdFrom(message: HoldRequest__Output): HoldRequest {
  return {
    // What is resumed is there.
    name: message.resume === null ? checkVisible(message.name) : message.name,
    mode: modeFrom(message.mode),
    permits: message.permits,
    limit: message.limit,
    ttlMs: msFrom(message.ttl),
    waitMs: msFrom(message.wait) ?? 0,
    owner: message.owner,
    value: message.value,
    labels: labelsFrom(message.labels),
    resume: resumeFrom(message.resume),
  };
}

function resumeFrom(message: HoldRequest__Output['resume']): HoldRequest['resume'] {
  if (message === null) return undefined;
  const fencingToken = revisionFrom(message.fencingToken, 'resume.fencing_token');
  if (fencingToken === 0) throw invalid('resume.fencing_token', 'is needed: 1 or more');
  return { lease: leaseIdFrom(message.leaseId, 'resume.lease_id'), fencingToken };
}

export function holdEventOf(event: HoldEvent): HoldResponse {
  switch (event.kind) {
    case 'queued':
      return { queued: { position: event.position } };
    case 'acquired':
      return { acquired: { grant: grantOf(event.grant), quiet: leftOf(event.quietMs) } };
    case 'notAcquired':
      return { notAcquired: { holders: event.holders.map(holderOf) } };
    case 'alive':
      return { alive: {} };
    case 'jeopardy':
      return { jeopardy: { remaining: leftOf(event.leftMs) } };
    case 'safe':
      return { safe: {} };
    case 'lost':
      return { lost: event.end };
    case 'released':
      return { released: {} };
  }
}
