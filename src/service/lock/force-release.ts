import { Fault, invalid } from '../../core/errors.js';
import { checkRequestId } from '../../core/lock.js';
import type { ForceReleaseOutcome, ForceReleaseRequest, Holder } from '../../core/lock.js';
import { checkName, checkText } from '../../core/text.js';
import type { LeaseId } from '../../core/lease-id.js';
import { createdAt, exactly, prefixed } from '../../store/store.js';
import type { Compare, Entry, Operation, Outcome } from '../../store/store.js';
import { readLeaseRecord } from '../lease/record.js';
import type { FirstOutcome, Recorder } from '../operation-log.js';
import { endOwnLease } from './own-lease-end.js';
import type { LockParts } from './parts.js';
import { writePreemption } from './preemption.js';
import { holderOf, holdingEntries, VIEW_READS, viewAt, viewReads } from './view.js';
import type { LockView } from './view.js';
import { modeOf } from './records.js';

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
  const operation = parts.operations.begin(request.requestId, 'forceRelease', { ...request });
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const outcome = await parts.operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      const { view, first } = await look(parts, request, recorder);
      if (first !== undefined) return firstOutcome(first);
      const victims = victimsOf(view, request.fencingToken);
      const holders = victims.map((entry) => holderOf(view, entry, parts.clock.wall()));
      if (!(await take(parts, request, recorder, { view, victims, holders }))) return undefined;
      afterwards(parts, request, victims, holders);
      return { released: victims.length > 0, holders };
    });
    if (outcome !== undefined) return outcome;
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
  recorder: Recorder,
): Promise<{ view: LockView; first: FirstOutcome | undefined }> {
  const outcome = await store.transact({
    resource: keys.held(name),
    compare: [],
    then: [...viewReads(keys, name, 0), ...recorder.reads],
    else: [],
  });
  return { view: viewAt(outcome, 0), first: recorder.replay(outcome, VIEW_READS) };
}

/** Of the holders a record keeps the first few. */
const HOLDERS_RECORDED = 100;

function firstOutcome({ outcome }: FirstOutcome): ForceReleaseOutcome {
  return {
    released: outcome.text('released') === 'yes',
    holders: outcome.records('holders').map((record) => ({
      owner: record.text('owner'),
      mode: modeOf(record.text('mode')),
      fencingToken: record.number('fencingToken') ?? 0,
      value: '',
      labels: new Map(),
      permits: record.number('permits') ?? 1,
      acquiredAtMs: record.number('acquiredAtMs'),
      ageMs: undefined,
      remainingTtlSeconds: undefined,
    })),
  };
}

function recordOf(holders: readonly Holder[]): Readonly<Record<string, unknown>> {
  return {
    released: holders.length === 0 ? 'no' : 'yes',
    holders: holders
      .slice(0, HOLDERS_RECORDED)
      .map(({ owner, mode, fencingToken, permits, acquiredAtMs }) => ({
        owner,
        mode,
        fencingToken,
        permits,
        acquiredAtMs,
      })),
  };
}

function victimsOf(view: LockView, token: number): Entry[] {
  return holdingEntries(view).filter((entry) => token === 0 || entry.createRevision === token);
}

/** @returns false if the lock changed hands since it was looked at. */
async function take(
  parts: LockParts,
  request: ForceReleaseRequest,
  recorder: Recorder,
  found: {
    readonly view: LockView;
    readonly victims: readonly Entry[];
    readonly holders: readonly Holder[];
  },
): Promise<boolean> {
  const { view, victims, holders } = found;
  const { store, keys, clock, daemonLeases } = parts;
  const { name, reason } = request;
  const records = recorder.records(recordOf(holders));
  if (victims.length === 0 && records.length === 0) return true;
  const tokens = victims.map((entry) => entry.createRevision);
  const preemption: Operation = {
    kind: 'put',
    key: keys.preempted(name),
    value: writePreemption(tokens, reason, clock.wall()),
    lease: await daemonLeases.archive(),
  };
  const outcome: Outcome = await store.transact({
    resource: keys.held(name),
    compare: [...unchanged(parts, request, view, victims), ...recorder.compares],
    then: [
      ...deletions(parts, request, view, victims),
      ...(victims.length === 0 ? [] : [preemption]),
      ...records,
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

const AUDIT_ACTION = { lock: 'lock force-released', election: 'leader unseated' } as const;

function afterwards(
  parts: LockParts,
  request: ForceReleaseRequest,
  victims: readonly Entry[],
  holders: readonly Holder[],
): void {
  for (const holder of holders) {
    parts.telemetry.audit(AUDIT_ACTION[parts.kind], {
      [parts.kind]: request.name,
      reason: request.reason,
      owner: holder.owner,
      fencingToken: holder.fencingToken,
    });
  }
  for (const { lease } of victims) {
    if (lease !== undefined) parts.janitor.later(() => endVictim(parts, request.name, lease));
  }
}

/** Ends a lease that was made for this lock alone, or, not being one of ours, has nothing attached any more. */
async function endVictim(parts: LockParts, name: string, lease: LeaseId): Promise<void> {
  const { store, layout } = parts;
  const entry = (await store.read({ range: exactly(layout.lease(lease)) })).entries[0];
  const record = readLeaseRecord(entry);
  if (record !== undefined) {
    await endOwnLease(parts, name, { lease, record, recordRevision: entry?.modRevision ?? 0 });
    return;
  }
  const state = await store.inspectLease(lease, { keys: true });
  if (state?.keys.length === 0) await store.revoke(lease);
}
