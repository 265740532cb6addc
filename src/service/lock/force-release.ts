import { Fault, invalid } from '../../core/errors.js';
import { checkRequestId } from '../../core/lock.js';
import type { ForceReleaseOutcome, ForceReleaseRequest, Holder } from '../../core/lock.js';
import { checkName, checkText } from '../../core/text.js';
import type { LeaseId } from '../../core/lease-id.js';
import { createdAt, exactly, prefixed, readAt } from '../../store/store.js';
import type { Compare, Entry, Operation, Outcome } from '../../store/store.js';
import { readLeaseRecord } from '../lease/record.js';
import type { RecordedOperation } from '../operation-log.js';
import type { LockParts } from './parts.js';
import { writePreemption } from './preemption.js';
import { endLease } from './release.js';
import { holderOf, holdingEntries, VIEW_READS, viewAt, viewReads } from './view.js';
import type { LockView } from './view.js';

const MAX_TRIES = 5;

/**
 * Takes a lock from those who hold it: all, or the one with the token. What they held is compared in the
 * transaction that deletes it, so that nobody who came meanwhile is hit. A lease that holds nothing
 * but this lock ends too, so that its holder's next renewal says so.
 */
export async function forceRelease(
  parts: LockParts,
  request: ForceReleaseRequest,
): Promise<ForceReleaseOutcome> {
  check(parts, request);
  const operation = await parts.operations.begin(request.requestId, 'forceRelease', { ...request });
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { view, recorded } = await look(parts, request, operation);
    const first = operation?.replay(recorded);
    if (first !== undefined) {
      return { released: first.outcome.text('released') === 'yes', holders: [] };
    }
    const victims = victimsOf(view, request.fencingToken);
    if (await take(parts, request, operation, view, victims)) {
      const holders = victims.map((entry) => holderOf(view, entry, parts.clock.wall()));
      await afterwards(parts, request, victims, holders);
      return { released: victims.length > 0, holders };
    }
  }
  throw new Fault('ABORTED', 'the lock changed hands too often while it was taken away; ask again');
}

function check({ limits }: LockParts, request: ForceReleaseRequest): void {
  checkName(request.name, limits.nameBytes);
  checkRequestId(request.requestId, limits);
  if (request.reason === '')
    throw invalid('reason', 'is empty; say why, for the holder and for the log');
  checkText(request.reason, limits.ownerBytes, 'reason');
}

async function look(
  { store, keys }: LockParts,
  { name }: ForceReleaseRequest,
  operation: RecordedOperation | undefined,
): Promise<{ view: LockView; recorded: Entry | undefined }> {
  const outcome = await store.transact({
    resource: keys.held(name),
    compare: [],
    then: [...viewReads(keys, name, 0), ...(operation === undefined ? [] : [operation.read])],
    else: [],
  });
  const recorded = operation === undefined ? undefined : readAt(outcome, VIEW_READS).entries[0];
  return { view: viewAt(outcome, 0), recorded };
}

function victimsOf(view: LockView, token: number): Entry[] {
  return holdingEntries(view).filter((entry) => token === 0 || entry.createRevision === token);
}

/** @returns false if the lock changed hands since it was looked at. */
async function take(
  parts: LockParts,
  request: ForceReleaseRequest,
  operation: RecordedOperation | undefined,
  view: LockView,
  victims: readonly Entry[],
): Promise<boolean> {
  const { store, keys, clock, daemonLeases } = parts;
  const { name, reason } = request;
  if (victims.length === 0 && operation === undefined) return true;
  const tokens = victims.map((entry) => entry.createRevision);
  const preemption: Operation = {
    kind: 'put',
    key: keys.preempted(name),
    value: writePreemption(tokens, reason, clock.wall()),
    lease: await daemonLeases.archive(),
  };
  const outcome: Outcome = await store.transact({
    resource: keys.held(name),
    compare: [
      ...unchanged(parts, request, view, victims),
      ...(operation === undefined ? [] : [operation.unrecorded]),
    ],
    then: [
      ...deletions(parts, request, view, victims),
      ...(victims.length === 0 ? [] : [preemption]),
      ...(operation === undefined
        ? []
        : [operation.record({ released: victims.length === 0 ? 'no' : 'yes' })]),
    ],
    else: [],
  });
  return outcome.succeeded;
}

/** Nobody was granted the lock since the view: no key is newer. For one victim: it is still the same. */
function unchanged(
  { keys }: LockParts,
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
  { keys }: LockParts,
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

async function afterwards(
  parts: LockParts,
  request: ForceReleaseRequest,
  victims: readonly Entry[],
  holders: readonly Holder[],
): Promise<void> {
  for (const holder of holders) {
    parts.telemetry.audit('lock force-released', {
      lock: request.name,
      reason: request.reason,
      owner: holder.owner,
      fencingToken: holder.fencingToken,
    });
  }
  const leases = victims.flatMap((entry) => (entry.lease === undefined ? [] : [entry.lease]));
  for (const lease of leases) {
    if (await hadOnly(parts, request.name, lease)) await endLease(parts, lease);
  }
}

/** Whether a lease was made for this lock alone, or, not being one of ours, has nothing attached any more. */
async function hadOnly(
  { store, layout }: LockParts,
  name: string,
  lease: LeaseId,
): Promise<boolean> {
  const { entries } = await store.read({ range: exactly(layout.lease(lease)) });
  const record = readLeaseRecord(entries[0]);
  if (record !== undefined) return record.key === name;
  const state = await store.inspectLease(lease, { keys: true });
  return state?.keys.length === 0;
}
