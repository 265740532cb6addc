import { parseSelectors } from '../../core/labels.js';
import type {
  CreateLeaseRequest,
  LeaseEvent,
  LeasePage,
  LeaseView,
  ListLeasesRequest,
} from '../../core/lease.js';
import { checkVisible } from '../../core/visible.js';
import type { CreateLeaseRequest__Output } from '../generated/sharedlock/v1/CreateLeaseRequest.js';
import type { Lease as WireLease } from '../generated/sharedlock/v1/Lease.js';
import type { ListLeasesRequest__Output } from '../generated/sharedlock/v1/ListLeasesRequest.js';
import type { WatchLeaseResponse } from '../generated/sharedlock/v1/WatchLeaseResponse.js';
import type { ListLeasesResponse } from '../generated/sharedlock/v1/ListLeasesResponse.js';
import { durationOf, labelsFrom, labelsOf, leftOf, msFrom, remainingOf } from './values.js';

export function createLeaseFrom(message: CreateLeaseRequest__Output): CreateLeaseRequest {
  return {
    key: checkVisible(message.key, 'key'),
    value: message.value,
    labels: labelsFrom(message.labels),
    owner: message.owner,
    ttlMs: msFrom(message.ttl),
    requestId: message.requestId,
  };
}

/** @throws Fault INVALID_ARGUMENT for a selector that is not `name=value`. */
export function listLeasesFrom(message: ListLeasesRequest__Output): ListLeasesRequest {
  return {
    pageSize: message.pageSize,
    pageToken: message.pageToken,
    selectors: parseSelectors(message.labels),
    owner: message.owner,
  };
}

export function leaseOf(lease: LeaseView): WireLease {
  return {
    key: lease.key,
    owner: lease.owner,
    labels: labelsOf(lease.labels),
    ttl: durationOf(lease.ttlSeconds * 1000),
    remainingTtl: remainingOf(lease.remainingTtlSeconds),
    createdAt: durationOf(lease.createdAtMs),
    holds: lease.holds.map(({ name, mode }) => ({ name, mode })),
    holdCount: lease.holdCount,
    election: lease.election,
    leads: [...lease.leads],
    leadCount: lease.leadCount,
  };
}

export function leaseEventOf(event: LeaseEvent): WatchLeaseResponse {
  switch (event.kind) {
    case 'alive': {
      const ttl = durationOf(event.ttlSeconds * 1000);
      return { alive: { ttl, remaining: leftOf(event.leftMs) } };
    }
    case 'jeopardy':
      return { jeopardy: { remaining: leftOf(event.leftMs) } };
    case 'lost':
      return { lost: event.end };
  }
}

export function leasePageOf(page: LeasePage): ListLeasesResponse {
  return { leases: page.leases.map(leaseOf), nextPageToken: page.nextPageToken };
}
