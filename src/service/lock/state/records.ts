import type { AcquireRequest, Holder, LockMode, Waiter } from '../../../core/lock.js';
import type { Entry } from '../../../store/store.js';
import { JsonRecord, pairs } from '../../json-record.js';

/** Who holds a lock, beside the lock's key; for shared holders and permits it is the key's value. */
export function writeHolder(request: AcquireRequest, wallMs: number): string {
  const exclusive = request.mode === 'EXCLUSIVE';
  return JSON.stringify({
    owner: request.owner,
    labels: pairs(request.labels),
    acquiredAtMs: wallMs,
    // The exclusive lock's value is the value of its key.
    ...(exclusive ? {} : { value: request.value }),
    ...(request.mode === 'SEMAPHORE' ? { permits: request.permits, limit: request.limit } : {}),
  });
}

/** When what holds a lock was put, by the wall clock of the daemon that did. */
export function acquiredAt(entry: Entry | undefined): number | undefined {
  return JsonRecord.parse(entry?.value ?? '').number('acquiredAtMs');
}

/** The holder that `entry` (of mode SHARED or SEMAPHORE) stands for. */
export function readHolder(entry: Entry, mode: LockMode, wallMs: number): Holder {
  const record = JsonRecord.parse(entry.value);
  return {
    ...commonPart(record, wallMs),
    mode,
    fencingToken: entry.createRevision,
    value: record.text('value'),
    valueOmitted: false,
    permits: record.number('permits') ?? 1,
  };
}

/** The exclusive holder. `beside` is its record, if there is one. */
export function readExclusiveHolder(
  held: Entry,
  beside: Entry | undefined,
  wallMs: number,
): Holder {
  return {
    ...commonPart(JsonRecord.parse(holderRecord(held, beside)), wallMs),
    mode: 'EXCLUSIVE',
    fencingToken: held.createRevision,
    value: held.value,
    valueOmitted: false,
    permits: 1,
  };
}

/**
 * What is recorded of the exclusive holder; empty if nothing is. `beside` counts only if it was written while this
 * holder's key was there, since another program can put and delete the lock's key without it.
 */
export function holderRecord(held: Entry, beside: Entry | undefined): string {
  const isIts = beside !== undefined && beside.modRevision >= held.createRevision;
  return isIts ? beside.value : '';
}

function commonPart(
  record: JsonRecord,
  wallMs: number,
): Pick<Holder, 'owner' | 'labels' | 'acquiredAtMs' | 'ageMs' | 'remainingTtlSeconds'> {
  const acquiredAtMs = record.number('acquiredAtMs');
  return {
    owner: record.text('owner'),
    labels: record.texts('labels'),
    acquiredAtMs,
    ageMs: acquiredAtMs === undefined ? undefined : Math.max(0, wallMs - acquiredAtMs),
    remainingTtlSeconds: undefined,
  };
}

/** A place in the queue. */
export function writeWaiter(request: AcquireRequest, wallMs: number): string {
  return JSON.stringify({
    owner: request.owner,
    labels: pairs(request.labels),
    sinceMs: wallMs,
    mode: request.mode,
    permits: request.permits,
  });
}

export function readWaiter(entry: Entry, position: number): Waiter {
  const record = JsonRecord.parse(entry.value);
  const mode = record.text('mode');
  return {
    position,
    owner: record.text('owner'),
    labels: record.texts('labels'),
    mode: modeOf(mode),
    permits: record.number('permits') ?? 1,
    sinceMs: record.number('sinceMs') ?? 0,
  };
}

/** Permits that an entry holds, and out of how many. */
export function readPermits(entry: Entry): { readonly permits: number; readonly limit: number } {
  const record = JsonRecord.parse(entry.value);
  return { permits: record.number('permits') ?? 1, limit: record.number('limit') ?? 0 };
}

/** Anything else reads as EXCLUSIVE. */
export function modeOf(text: string): LockMode {
  return text === 'SHARED' || text === 'SEMAPHORE' ? text : 'EXCLUSIVE';
}
