import type {
  DeleteConfigRequest,
  PatchConfigRequest,
  PutConfigRequest,
  RollbackConfigRequest,
  SetConfigEnabledRequest,
} from '../core/config-document.js';
import type {
  AddRequest,
  DeleteCounterRequest,
  IncreaseExclusiveRequest,
  SetCounterRequest,
} from '../core/counter.js';
import type { ProclaimRequest } from '../core/election.js';
import type { CreateLeaseRequest } from '../core/lease.js';
import type { AcquireRequest, ForceReleaseRequest, ReleaseRequest } from '../core/lock.js';

/** The requests that may have an id, by kind. */
export interface Requests {
  readonly acquire: AcquireRequest;
  /** By CreateLease with a key. */
  readonly acquireWithLease: AcquireRequest;
  readonly release: ReleaseRequest;
  readonly forceRelease: ForceReleaseRequest;
  readonly createLease: CreateLeaseRequest;
  readonly proclaim: ProclaimRequest;
  readonly counterAdd: AddRequest;
  readonly counterSet: SetCounterRequest;
  readonly counterDelete: DeleteCounterRequest;
  readonly counterIncreaseExclusive: IncreaseExclusiveRequest;
  readonly configCreate: PutConfigRequest;
  readonly configPut: PutConfigRequest;
  readonly configPatch: PatchConfigRequest;
  readonly configDelete: DeleteConfigRequest;
  readonly configSetEnabled: SetConfigEnabledRequest;
  readonly configRollback: RollbackConfigRequest;
  readonly messagePut: { readonly digest: string };
  readonly messageDelete: { readonly digest: string };
}

/**
 * How a field counts when two requests are compared. `counts`: it has since 0.1.0. `varies`: a request that is repeated may
 * have another, such as what is left of its wait; only daemons of 0.1.0 compare it. `unless`: added since, and left out if it has this default, so that
 * daemons which don't know the field agree.
 */
export type Rule = 'counts' | 'varies' | { readonly unless: string | number | boolean | undefined };

/** The first word of what is digested, and the fields in the order in which they follow. */
export interface Form<Request> {
  readonly kind: string;
  readonly fields: { readonly [Field in keyof Request]-?: Rule };
}

export type Forms = { readonly [Kind in keyof Requests]: Form<Requests[Kind]> };

const fence = 'counts';
const requestId = 'counts';
const NAMED = { name: 'counts' } as const;
const CONFIG = { namespace: 'counts', ...NAMED, ifMatch: 'counts', requestId, fence } as const;
const DOCUMENT = {
  ...CONFIG,
  document: 'counts',
  schema: 'counts',
  ifNoneMatch: 'counts',
} as const;
const COUNTER = { ...NAMED, expected: 'counts', requestId, fence } as const;

/**
 * Of leases, locks, counters, documents and messages. Daemons of different versions work on one store, so kinds, fields and their
 * order stay as they are, and a new field comes last, with `unless`. The order is that of 0.1.0.
 */
export const FORMS: Forms = {
  acquire: {
    kind: 'acquire',
    fields: {
      ...NAMED,
      mode: 'counts',
      permits: 'counts',
      limit: 'counts',
      lease: 'counts',
      ttlMs: 'counts',
      waitMs: 'varies',
      owner: 'counts',
      value: 'counts',
      labels: 'counts',
      requestId,
    },
  },
  acquireWithLease: {
    kind: 'acquire',
    fields: {
      value: 'counts',
      labels: 'counts',
      owner: 'counts',
      ttlMs: 'counts',
      requestId,
      ...NAMED,
      mode: 'counts',
      permits: 'counts',
      limit: 'counts',
      lease: 'counts',
      waitMs: 'varies',
    },
  },
  release: {
    kind: 'release',
    fields: {
      ...NAMED,
      lease: 'counts',
      fencingToken: 'counts',
      requestId,
      grantRequestId: { unless: undefined },
    },
  },
  forceRelease: {
    kind: 'forceRelease',
    fields: { ...NAMED, reason: 'counts', fencingToken: 'counts', requestId },
  },
  createLease: {
    kind: 'createLease',
    fields: {
      key: 'counts',
      value: 'counts',
      labels: 'counts',
      owner: 'counts',
      ttlMs: 'counts',
      requestId,
    },
  },
  proclaim: {
    kind: 'proclaim',
    fields: { ...NAMED, lease: 'counts', term: 'counts', requestId, value: 'counts' },
  },
  counterAdd: {
    kind: 'counterAdd',
    fields: { ...NAMED, delta: 'counts', min: 'counts', max: 'counts', requestId, fence },
  },
  counterSet: { kind: 'counterSet', fields: { ...COUNTER, value: 'counts' } },
  counterDelete: { kind: 'counterDelete', fields: COUNTER },
  counterIncreaseExclusive: {
    kind: 'counterIncreaseExclusive',
    fields: {
      ...NAMED,
      holdMs: 'counts',
      lock: 'counts',
      ttlMs: 'counts',
      owner: 'counts',
      requestId,
    },
  },
  configCreate: { kind: 'configCreate', fields: DOCUMENT },
  configPut: { kind: 'configPut', fields: DOCUMENT },
  configPatch: { kind: 'configPatch', fields: { ...CONFIG, type: 'counts', patch: 'counts' } },
  configDelete: { kind: 'configDelete', fields: { ...CONFIG, force: 'counts' } },
  configSetEnabled: { kind: 'configSetEnabled', fields: { ...CONFIG, enabled: 'counts' } },
  configRollback: { kind: 'configRollback', fields: { ...CONFIG, version: 'counts' } },
  messagePut: { kind: 'messagePut', fields: { digest: 'counts' } },
  messageDelete: { kind: 'messageDelete', fields: { digest: 'counts' } },
};

/** Of elections: campaigns, resignations, unseating and proclamations. */
export const ELECTION_FORMS: Forms = {
  ...FORMS,
  acquire: {
    kind: 'election acquire',
    fields: {
      ...NAMED,
      value: 'counts',
      lease: 'counts',
      ttlMs: 'counts',
      labels: 'counts',
      requestId,
      owner: 'counts',
      waitMs: 'varies',
      mode: 'counts',
      permits: 'counts',
      limit: 'counts',
    },
  },
  release: {
    kind: 'election release',
    fields: {
      ...NAMED,
      lease: 'counts',
      requestId,
      fencingToken: 'counts',
      grantRequestId: { unless: undefined },
    },
  },
  forceRelease: {
    kind: 'election forceRelease',
    fields: { ...NAMED, reason: 'counts', requestId, fencingToken: 'counts' },
  },
  proclaim: { ...FORMS.proclaim, kind: 'election proclaim' },
};
