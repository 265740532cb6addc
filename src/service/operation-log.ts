import { createHash } from 'node:crypto';
import { Fault } from '../core/errors.js';
import type { KeyLayout } from '../core/keys.js';
import { absent, exactly } from '../store/store.js';
import type { Compare, Entry, Put, Read } from '../store/store.js';
import type { DaemonLeases } from './daemon-leases.js';
import { JsonRecord } from './json-record.js';

/**
 * A write that carries a request id: its outcome is recorded by the transaction that writes, so that the
 * same request meets its first outcome, at whichever daemon, and after whatever failure.
 */
export interface RecordedOperation {
  /** True while no outcome is recorded. */
  readonly unrecorded: Compare;
  /** Finds the record. */
  readonly read: Read;
  /** Records the outcome. */
  record(outcome: Readonly<Record<string, unknown>>): Put;
  /**
   * The first outcome, from the entry that `read` found; undefined if there is none.
   * @throws Fault ALREADY_EXISTS if the id was used for another request.
   */
  replay(entry: Entry | undefined): FirstOutcome | undefined;
}

export interface FirstOutcome {
  readonly outcome: JsonRecord;
  /** Revision of the transaction that wrote it: a fencing token, if it granted one. */
  readonly revision: number;
}

export class OperationLog {
  readonly #keys: KeyLayout;
  readonly #leases: DaemonLeases;

  constructor(keys: KeyLayout, leases: DaemonLeases) {
    this.#keys = keys;
    this.#leases = leases;
  }

  /** Undefined without a request id. `request` is all that makes two requests the same. */
  async begin(
    requestId: string,
    kind: string,
    request: Readonly<Record<string, unknown>>,
  ): Promise<RecordedOperation | undefined> {
    if (requestId === '') return undefined;
    const key = this.#keys.operation(requestId);
    const digest = digestOf(kind, request);
    const lease = await this.#leases.archive();
    return {
      unrecorded: absent(exactly(key)),
      read: { kind: 'read', range: exactly(key) },
      record: (outcome) => ({
        kind: 'put',
        key,
        value: JSON.stringify({ digest, outcome }),
        lease,
      }),
      replay: (entry) => replay(entry, digest),
    };
  }
}

function replay(entry: Entry | undefined, digest: string): FirstOutcome | undefined {
  if (entry === undefined) return undefined;
  const record = JsonRecord.parse(entry.value);
  if (record.text('digest') !== digest) {
    throw new Fault(
      'ALREADY_EXISTS',
      'request_id: was used for a request with another content; give each request an id of its own',
      { field: 'request_id', reason: 'REQUEST_ID_REUSED' },
    );
  }
  return { outcome: record.record('outcome'), revision: entry.createRevision };
}

function digestOf(kind: string, request: Readonly<Record<string, unknown>>): string {
  const body = JSON.stringify([kind, request], (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    return value instanceof Map ? [...value].sort(([a], [b]) => (a < b ? -1 : 1)) : value;
  });
  return createHash('sha256').update(body).digest('hex');
}
