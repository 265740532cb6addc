import { Fault, isFault, unavailable } from '../core/errors.js';
import type { KeyLayout } from '../core/keys.js';
import { absent, exactly } from '../store/store.js';
import type { Compare, Entry, Put, Read } from '../store/store.js';
import type { CallOrigin, Rights } from './caller.js';
import type { DaemonLeases } from './daemon-leases.js';
import { JsonRecord } from './json-record.js';
import { digestsOf, type RequestDigests } from './request-digest.js';
import { FORMS, type Form, type Forms, type Requests } from './request-forms.js';
import { put, readKey, type Done } from './transaction.js';

/** What an idempotent write came to the first time. */
export interface FirstOutcome {
  readonly outcome: JsonRecord;
  /** Revision of the transaction that wrote it first: a fencing token, if it granted one. */
  readonly revision: number;
  /** Of the one that wrote it last: a grant that is told again is recorded again. */
  readonly lastRevision: number;
}

/**
 * The part that a transaction has of an idempotent write: its outcome is recorded by the transaction that writes, so
 * that the same request meets its first outcome, at whichever daemon, and after whatever failure. Without a
 * request id all parts are empty. Good for one try: the record lives for an hour from there.
 */
export interface Recorder {
  /** True while no outcome is recorded. */
  readonly compares: readonly Compare[];
  /** Finds the record: one read, or none. */
  readonly reads: readonly Read[];
  /** Records the outcome. */
  records(outcome: Readonly<Record<string, unknown>>): readonly Put[];
  /**
   * The first outcome, if `reads` found one.
   * @throws Fault ALREADY_EXISTS if the id was used for another request.
   */
  replay(done: Done): FirstOutcome | undefined;
}

/** Settles what became of a request that may still be under way: its record is found, or taken from it. Good for one try. */
export interface Withdrawal {
  /** True while no outcome is recorded: then `records` settle that none will be. */
  readonly compares: readonly Compare[];
  readonly records: readonly Put[];
  /** Finds the record: one read. */
  readonly reads: readonly Read[];
  /** The outcome that `reads` found; undefined if it was withdrawn before. */
  found(done: Done): FirstOutcome | undefined;
}

/** One request that writes, over all its tries. */
export interface Operation {
  /** The key of its record; undefined: the request has no id, and nothing is recorded. */
  readonly key: string | undefined;
  /** For the next try. @throws Fault UNAVAILABLE if the lease for records can't be had. */
  recorder(): Promise<Recorder>;
}

const NO_RECORDER: Recorder = {
  compares: [],
  reads: [],
  records: () => [],
  replay: () => undefined,
};

/** Of a request without an id. */
export const UNRECORDED: Operation = {
  key: undefined,
  recorder: () => Promise.resolve(NO_RECORDER),
};

export class OperationLog {
  readonly #keys: KeyLayout;
  readonly #leases: DaemonLeases;
  readonly #forms: Forms;

  constructor(keys: KeyLayout, leases: DaemonLeases, forms = FORMS) {
    this.#keys = keys;
    this.#leases = leases;
    this.#forms = forms;
  }

  /**
   * Requests of the same kind and content are the same request, if they have the same id, and come from the same principal; an empty id makes
   * none.
   */
  begin<Kind extends keyof Requests>(
    requestId: string,
    kind: Kind,
    request: Requests[Kind],
    { rights }: CallOrigin,
  ): Operation {
    if (requestId === '') return UNRECORDED;
    const key = this.#keys.operation(requestId);
    const form: Form<Requests[Kind]> = this.#forms[kind];
    const digests = digestsOf(form, request);
    return {
      key,
      recorder: async () => {
        const lease = await this.#leases.archive();
        const record = readKey(key);
        return {
          compares: [absent(exactly(key))],
          reads: [record],
          records: (outcome) => [
            put(key, JSON.stringify({ ...digests, principal: rights?.ownerId, outcome }), lease),
          ],
          replay: (done) => replay(done.entry(record), digests, rights),
        };
      },
    };
  }

  /**
   * Takes a request back, of whatever content: from then on it is refused, however late it arrives while its record lives.
   * @throws Fault UNAVAILABLE if the lease for records can't be had.
   */
  async withdrawal(requestId: string, { rights }: CallOrigin): Promise<Withdrawal> {
    const key = this.#keys.operation(requestId);
    const lease = await this.#leases.archive();
    const record = readKey(key);
    return {
      compares: [absent(exactly(key))],
      records: [put(key, JSON.stringify({ withdrawn: true, principal: rights?.ownerId }), lease)],
      reads: [record],
      found: (done) => {
        const entry = done.entry(record);
        // The outcome of another principal's request is nothing that this caller could take back.
        return entry === undefined || isWithdrawn(entry) || isForeign(entry, rights)
          ? undefined
          : firstOf(entry);
      },
    };
  }

  /**
   * Runs a transaction in which only leases of this daemon are put to use: if one has ended, it is tried once
   * more with another. @throws Fault UNAVAILABLE if that does not help: nothing was applied.
   */
  async retryEnded<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (!isEndedLease(error)) throw error;
    }
    await this.#leases.replaceEnded();
    return attempt().catch((error: unknown) => {
      if (!isEndedLease(error)) throw error;
      throw unavailable(
        'a lease of this daemon had ended; nothing was done; ask again',
        error,
        'DAEMON_LEASE_ENDED',
      );
    });
  }
}

function isEndedLease(error: unknown): boolean {
  return isFault(error, 'NOT_FOUND') && error.details.reason === 'LEASE_NOT_FOUND';
}

/** The token of the grant that was recorded: of this transaction, or of an earlier one, of which the request was told. */
export function tokenOf({ outcome, revision }: FirstOutcome): number {
  return outcome.number('token') ?? revision;
}

/** The grant that a recorded request got has been lost since: it can't be given again. */
export function grantEnded(): Fault {
  return new Fault(
    'NOT_FOUND',
    'request_id: this request was granted before, and the grant has ended since; ask with a new id',
    { field: 'request_id', reason: 'GRANT_ENDED' },
  );
}

function replay(
  entry: Entry | undefined,
  digests: RequestDigests,
  rights: Rights | undefined,
): FirstOutcome | undefined {
  if (entry === undefined) return undefined;
  if (isForeign(entry, rights)) throw reused('was used by another caller');
  if (isWithdrawn(entry)) throw withdrawn();
  if (isOf(JsonRecord.parse(entry.value), digests)) return firstOf(entry);
  throw reused('was used for a request with another content');
}

function reused(how: string): Fault {
  return new Fault('ALREADY_EXISTS', `request_id: ${how}; give each request an id of its own`, {
    field: 'request_id',
    reason: 'REQUEST_ID_REUSED',
  });
}

/** The request was taken back before it came to anything. */
function isWithdrawn(entry: Entry): boolean {
  return JsonRecord.parse(entry.value).flag('withdrawn');
}

/** It is the record of another principal's request. What nobody in particular recorded may be anybody's. */
function isForeign(entry: Entry, rights: Rights | undefined): boolean {
  if (rights === undefined) return false;
  const ownerId = JsonRecord.parse(entry.value).text('principal');
  return ownerId !== '' && !rights.mayReplay(ownerId);
}

/** A daemon of 0.1.0 recorded only the one, of all fields. */
function isOf(record: JsonRecord, { digest, same }: RequestDigests): boolean {
  return record.text('digest') === digest || (same !== undefined && record.text('same') === same);
}

function firstOf(entry: Entry): FirstOutcome {
  const record = JsonRecord.parse(entry.value);
  const { createRevision: revision, modRevision: lastRevision } = entry;
  return { outcome: record.record('outcome'), revision, lastRevision };
}

function withdrawn(): Fault {
  return new Fault('CANCELLED', 'request_id: this request was withdrawn; ask with a new id', {
    field: 'request_id',
    reason: 'WITHDRAWN',
  });
}
