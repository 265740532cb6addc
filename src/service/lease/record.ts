import type { Labels } from '../../core/labels.js';
import type { LockKind } from '../../core/lock.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { Entry, Revision } from '../../store/store.js';
import { JsonRecord, pairs } from '../json-record.js';

/** What a lease was made for; stored under its own key, which ends with it. */
export interface LeaseRecord {
  /** The lock, or election, that has this lease to itself; empty for a session. */
  readonly key: string;
  /** Which of the two `key` is. */
  readonly kind: LockKind;
  readonly owner: string;
  readonly labels: Labels;
  readonly ttlSeconds: number;
  readonly createdAtMs: number;
  /** The id of the principal whose it is; undefined: nobody's. */
  readonly principal?: string | undefined;
}

/** What is recorded of a lease, and when that was written. */
export interface RecordedLease {
  readonly lease: LeaseId;
  readonly record: LeaseRecord | undefined;
  readonly recordRevision: Revision;
}

const NO_LABELS: Labels = new Map();

/** The same without what callers wrote into it, up to 17 KB: for those who remember many. */
export function withoutTexts(record: LeaseRecord): LeaseRecord {
  return { ...record, owner: '', labels: NO_LABELS };
}

export function writeLeaseRecord(record: LeaseRecord): string {
  return JSON.stringify({ ...record, labels: pairs(record.labels) });
}

/** Undefined if the entry is no record of ours. */
export function readLeaseRecord(entry: Entry | undefined): LeaseRecord | undefined {
  const record = JsonRecord.parse(entry?.value ?? '');
  const ttlSeconds = record.number('ttlSeconds');
  const createdAtMs = record.number('createdAtMs');
  if (ttlSeconds === undefined || createdAtMs === undefined) return undefined;
  const principal = record.text('principal');
  return {
    key: record.text('key'),
    kind: record.text('kind') === 'election' ? 'election' : 'lock',
    owner: record.text('owner'),
    labels: record.texts('labels'),
    ttlSeconds,
    createdAtMs,
    ...(principal === '' ? undefined : { principal }),
  };
}
