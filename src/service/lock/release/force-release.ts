import type { Clock } from '../../../clock/clock.js';
import { shownHolders } from '../../../core/answer-size.js';
import { Fault, invalid } from '../../../core/errors.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { Limits } from '../../../core/limits.js';
import { checkRequestId, HELD } from '../../../core/lock.js';
import type { ForceReleaseOutcome, ForceReleaseRequest, Holder } from '../../../core/lock.js';
import { checkName, checkText } from '../../../core/text.js';
import { createdAt, exactly, prefixed } from '../../../store/store.js';
import type { Compare, Entry, Operation, Put } from '../../../store/store.js';
import type { ServiceTelemetry } from '../../../telemetry/service-telemetry.js';
import type { CallOrigin } from '../../caller.js';
import type { DaemonLeases } from '../../daemon-leases.js';
import type { Janitor } from '../../janitor.js';
import { writePreemption } from '../../lease/preemption.js';
import { readLeaseRecord } from '../../lease/record.js';
import type { FirstOutcome, OperationLog, Recorder } from '../../operation-log.js';
import { remove, transact } from '../../transaction.js';
import { endOwnLease, type OwnLeaseEndParts } from '../grant/own-lease-end.js';
import { holderOf, holdingEntries, viewQuery } from '../state/view.js';
import type { LockStore, LockView } from '../state/view.js';
import { firstOutcome, recordOf } from './force-release-record.js';

const MAX_TRIES = 5;
/** Of what is recorded of the victims, so much fits into the transaction that hits them. */
const RECORDS_AT_ONCE = 16;

/** What it takes to take a lock from its holders. */
export interface ForceReleaseParts extends LockStore, OwnLeaseEndParts {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly daemonLeases: DaemonLeases;
  readonly operations: OperationLog;
  readonly janitor: Janitor;
  readonly telemetry: ServiceTelemetry;
}

/**
 * Takes a lock from those who hold it: all, or the one with the token. What they held is compared in the
 * transaction that deletes it, so that nobody who came meanwhile is hit. A lease that holds nothing
 * but this lock ends too, so that its holder's next renewal says so.
 */
export async function forceRelease(
  parts: ForceReleaseParts,
  request: ForceReleaseRequest,
  origin: CallOrigin,
): Promise<ForceReleaseOutcome> {
  check(parts, request);
  const operation = parts.operations.begin(request.requestId, 'forceRelease', request, origin);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const outcome = await parts.operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      const { view, first } = await look(parts, request, recorder);
      if (first !== undefined) return firstOutcome(first);
      const victims = victimsOf(view, request.fencingToken);
      const holders = victims.map((entry) => holderOf(view, entry, parts.clock.wall()));
      if (!(await take(parts, request, recorder, { view, victims, holders }))) return undefined;
      audit(parts, request, origin, holders);
      afterwards(parts, request, victims, holders);
      return { released: victims.length > 0, holders: shownHolders(holders) };
    });
    if (outcome !== undefined) return outcome;
  }
  const what = HELD[parts.kind];
  throw new Fault('ABORTED', `${what} changed hands too often while it was taken away; ask again`);
}

function check({ limits }: Pick<ForceReleaseParts, 'limits'>, request: ForceReleaseRequest): void {
  checkName(request.name, limits.nameBytes);
  checkRequestId(request.requestId, limits);
  if (request.reason === '')
    throw invalid('reason', 'is empty; say why, for the holder and for the log');
  checkText(request.reason, limits.ownerBytes, 'reason');
}

async function look(
  { store, keys }: LockStore,
  { name }: ForceReleaseRequest,
  recorder: Recorder,
): Promise<{ view: LockView; first: FirstOutcome | undefined }> {
  const view = viewQuery(keys, name, 0);
  const done = await transact(store, {
    resource: keys.held(name),
    then: [...view.reads, ...recorder.reads],
  });
  return { view: view.found(done), first: recorder.replay(done) };
}

function victimsOf(view: LockView, token: number): Entry[] {
  return holdingEntries(view).filter((entry) => token === 0 || entry.createRevision === token);
}

/** @returns false if the lock changed hands since it was looked at. */
async function take(
  parts: ForceReleaseParts,
  request: ForceReleaseRequest,
  recorder: Recorder,
  found: {
    readonly view: LockView;
    readonly victims: readonly Entry[];
    readonly holders: readonly Holder[];
  },
): Promise<boolean> {
  const { view, victims, holders } = found;
  const { store, keys } = parts;
  const records = recorder.records(recordOf(holders));
  if (victims.length === 0 && records.length === 0) return true;
  const preemptions = await preemptionsOf(parts, request, victims);
  // A crowd is recorded before it is hit, so that nobody who looks is told of another cause.
  await putAll(parts, request, preemptions.slice(RECORDS_AT_ONCE));
  const { succeeded } = await transact(store, {
    resource: keys.held(request.name),
    frees: true,
    compare: [...unchanged(parts, request, view, victims), ...recorder.compares],
    then: [
      ...deletions(parts, request, view, victims),
      ...preemptions.slice(0, RECORDS_AT_ONCE),
      ...records,
    ],
  });
  if (!succeeded) forgetCrowd(parts, request, preemptions.slice(RECORDS_AT_ONCE));
  return succeeded;
}

/** The reason for each victim that may ask for it: by its lease. */
async function preemptionsOf(
  { keys, clock, daemonLeases }: ForceReleaseParts,
  { name, reason }: ForceReleaseRequest,
  victims: readonly Entry[],
): Promise<Put[]> {
  if (victims.length === 0) return [];
  const archive = await daemonLeases.archive();
  return victims.flatMap(({ lease, createRevision }) =>
    lease === undefined
      ? []
      : [
          {
            kind: 'put',
            key: keys.preempted(name, lease),
            value: writePreemption(createRevision, reason, clock.wall()),
            lease: archive,
          },
        ],
  );
}

async function putAll(
  { store, keys }: LockStore,
  { name }: ForceReleaseRequest,
  puts: readonly Operation[],
): Promise<void> {
  for (let at = 0; at < puts.length; at += RECORDS_AT_ONCE) {
    const then = puts.slice(at, at + RECORDS_AT_ONCE);
    await transact(store, { resource: keys.held(name), frees: true, then });
  }
}

/** The crowd was not hit: what was recorded is not true. */
function forgetCrowd(
  parts: ForceReleaseParts,
  request: ForceReleaseRequest,
  puts: readonly Put[],
): void {
  const deletes = puts.map(({ key }) => remove(key));
  if (deletes.length > 0) parts.janitor.later(() => putAll(parts, request, deletes));
}

/** Nobody was granted the lock since the view: no key is newer. For one victim: it is still the same. */
function unchanged(
  { keys }: Pick<LockStore, 'keys'>,
  { name, fencingToken }: ForceReleaseRequest,
  { revision }: LockView,
  victims: readonly Entry[],
): Compare[] {
  if (fencingToken !== 0) return victims.map((entry) => createdAt(entry.key, entry.createRevision));
  return [exactly(keys.held(name)), prefixed(keys.shared(name)), prefixed(keys.permit(name))].map(
    (range) => ({ range, target: 'create', is: '<', operand: revision + 1 }),
  );
}

function deletions(
  { keys }: Pick<LockStore, 'keys'>,
  { name, fencingToken }: ForceReleaseRequest,
  { held }: LockView,
  victims: readonly Entry[],
): Operation[] {
  const ranges =
    fencingToken === 0
      ? [exactly(keys.held(name)), prefixed(keys.shared(name)), prefixed(keys.permit(name))]
      : victims.map((entry) => exactly(entry.key));
  const beside = held !== undefined && victims.includes(held) ? [exactly(keys.holder(name))] : [];
  return [...ranges, ...beside].map((range) => ({ kind: 'delete', range }));
}

const AUDIT_ACTION = { lock: 'lock force-released', election: 'leader unseated' } as const;

/** One line a victim: whose lock it was, why, and who asked for it. */
function audit(
  { telemetry, kind }: Pick<ForceReleaseParts, 'telemetry' | 'kind'>,
  { name, reason, requestId }: ForceReleaseRequest,
  { wire, peer, rights }: CallOrigin,
  holders: readonly Holder[],
): void {
  const asked = {
    ...rights?.forceFacts(kind, name),
    ...(wire === undefined ? {} : { wire }),
    ...(peer === undefined ? {} : { peer }),
    ...(requestId === '' ? {} : { requestId }),
  };
  for (const { owner, fencingToken } of holders) {
    telemetry.audit(AUDIT_ACTION[kind], { [kind]: name, reason, owner, fencingToken, ...asked });
  }
}

function afterwards(
  parts: ForceReleaseParts,
  request: ForceReleaseRequest,
  victims: readonly Entry[],
  holders: readonly Holder[],
): void {
  for (const { ageMs } of holders) {
    if (ageMs !== undefined) parts.telemetry.lockHeld(ageMs / 1000);
  }
  for (const { lease } of victims) {
    if (lease !== undefined) parts.janitor.later(() => endVictim(parts, request, lease));
  }
}

/**
 * Ends a lease that was made for this lock alone, or, not being one of ours, has nothing attached any more; its
 * next renewal is told why.
 */
async function endVictim(
  parts: ForceReleaseParts,
  { name, reason }: ForceReleaseRequest,
  lease: LeaseId,
): Promise<void> {
  const { store, layout, clock, operations, daemonLeases } = parts;
  await operations.retryEnded(async () => {
    const why: Put = {
      kind: 'put',
      key: layout.preempted(lease),
      value: writePreemption(0, reason, clock.wall()),
      lease: await daemonLeases.archive(),
    };
    const entry = (await store.read({ range: exactly(layout.lease(lease)) })).entries[0];
    const record = readLeaseRecord(entry);
    if (record !== undefined) {
      const recorded = { lease, record, recordRevision: entry?.modRevision ?? 0 };
      await endOwnLease(parts, name, recorded, why);
      return;
    }
    const state = await store.inspectLease(lease, { keys: true });
    if (state?.keys.length !== 0) return;
    await transact(store, { resource: why.key, frees: true, then: [why] });
    await store.revoke(lease);
  });
}
