import { Fault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import { compareKeys } from '../apply.js';
import type {
  Compare,
  Entry,
  KeyRange,
  Operation,
  OperationResult,
  Outcome,
  Read,
  ReadResult,
  Revision,
  Transaction,
} from '../store.js';
import { RESULT, SORT_ORDER, SORT_TARGET, TARGET } from './kv-messages.js';
import type {
  CompareMessage,
  Int64,
  KeyRangeMessage,
  KeyValue,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from './kv-messages.js';

/** The port's transactions in etcd's words, and etcd's answers in the port's. Pure functions. */

const NO_LEASE = '0';

export function toTxn(transaction: Transaction): TxnRequest {
  return {
    compare: transaction.compare.map(toCompare),
    success: transaction.then.map(toRequestOp),
    failure: transaction.else.map(toRequestOp),
  };
}

/**
 * A transaction that only reads. One that reads nothing, but only compares, etcd answers from what a member happens
 * to know (`isTxnSerializable`); so that one is given a read of `anyKey`, which no result shows.
 */
export function toReadTxn(transaction: Transaction, anyKey: string): TxnRequest {
  const request = toTxn(transaction);
  if (transaction.then.length + transaction.else.length > 0) return request;
  return { ...request, failure: [{ request_range: { key: anyKey, count_only: true } }] };
}

export function writes(transaction: Transaction): boolean {
  const isWrite = (operation: Operation): boolean => operation.kind !== 'read';
  return transaction.then.some(isWrite) || transaction.else.some(isWrite);
}

export function toRange(read: Omit<Read, 'kind'>): RangeRequest {
  const { range, order } = read;
  const isSorted = order === 'create' || order === 'create-desc';
  return {
    key: range.from,
    range_end: range.to,
    limit: read.limit,
    sort_order: isSorted ? SORT_ORDER[order] : undefined,
    sort_target: isSorted ? SORT_TARGET.create : undefined,
    min_create_revision: read.minCreateRevision,
    max_create_revision: read.maxCreateRevision,
    keys_only: read.keysOnly,
    count_only: read.countOnly,
  };
}

export function toKeyRange({ from, to }: KeyRange): KeyRangeMessage {
  return { key: from, range_end: to };
}

/** The revision of the store at which etcd answered. */
export function revisionOf({ header }: { readonly header: ResponseHeader | null }): Revision {
  if (header === null) throw new TypeError('etcd answered without a header');
  return toNumber(header.revision);
}

/**
 * The outcome of a transaction that ran as part of a request of revision `revision`. If it wrote nothing
 * itself, what it saw is the state before.
 */
export function toOutcome(
  transaction: Transaction,
  response: TxnResponse,
  revision: Revision,
): Outcome {
  const branch = response.succeeded ? transaction.then : transaction.else;
  const results = branch.map((operation, index) => toResult(operation, response.responses[index]));
  const wrote = results.some(
    (result) => result.kind === 'put' || (result.kind === 'delete' && result.deleted > 0),
  );
  return { succeeded: response.succeeded, revision: wrote ? revision : revision - 1, results };
}

export function toReadOutcome(transaction: Transaction, response: TxnResponse): Outcome {
  const branch = response.succeeded ? transaction.then : transaction.else;
  const results = branch.map((operation, index) => toResult(operation, response.responses[index]));
  return { succeeded: response.succeeded, revision: revisionOf(response), results };
}

export function toReadResult(response: RangeResponse, order: Read['order']): ReadResult {
  const entries = response.kvs.map(toEntry);
  if (order === 'create') entries.sort(byCreation);
  if (order === 'create-desc') entries.sort((a, b) => byCreation(b, a));
  return {
    kind: 'read',
    entries,
    count: toNumber(response.count),
    more: response.more,
  };
}

export function toEntry(kv: KeyValue): Entry {
  const lease = kv.lease.toString();
  return {
    key: kv.key.toString(),
    value: kv.value.toString(),
    createRevision: toNumber(kv.create_revision),
    modRevision: toNumber(kv.mod_revision),
    version: toNumber(kv.version),
    // etcd's lease IDs are int64s; other programs may have made any.
    ...(lease === NO_LEASE ? undefined : { lease: lease as LeaseId }),
  };
}

/** An int64 of the wire that counts something. @throws Fault DATA_LOSS above 2^53. */
export function toNumber(int64: Int64): number {
  const value = typeof int64 === 'string' ? Number(int64) : int64.toNumber();
  if (!Number.isSafeInteger(value)) {
    throw new Fault('DATA_LOSS', 'etcd sent a number above 2^53');
  }
  return value;
}

function toResult(operation: Operation, response: ResponseOp | undefined): OperationResult {
  if (response === undefined) throw new TypeError('etcd answered too few operations');
  switch (operation.kind) {
    case 'put':
      return { kind: 'put' };
    case 'delete':
      return { kind: 'delete', deleted: toNumber(given(response.response_delete_range).deleted) };
    case 'read':
      return toReadResult(given(response.response_range), operation.order);
  }
}

function given<T>(response: T | null | undefined): T {
  if (response === null || response === undefined) {
    throw new TypeError('etcd answered another operation than the one it was asked');
  }
  return response;
}

function toRequestOp(operation: Operation): RequestOp {
  switch (operation.kind) {
    case 'put': {
      const { key, value, lease } = operation;
      return { request_put: { key, value, lease } };
    }
    case 'delete':
      return { request_delete_range: toKeyRange(operation.range) };
    case 'read':
      return { request_range: toRange(operation) };
  }
}

function toCompare(compare: Compare): CompareMessage {
  const { range, target, operand } = compare;
  return {
    key: range.from,
    range_end: range.to,
    result: RESULT[compare.is],
    target: TARGET[target],
    create_revision: target === 'create' ? operand : undefined,
    mod_revision: target === 'mod' ? operand : undefined,
    version: target === 'version' ? operand : undefined,
    lease: target === 'lease' ? (operand ?? NO_LEASE) : undefined,
    value: target === 'value' ? operand : undefined,
  };
}

/** etcd's sort is not stable, so keys that one transaction created come in any order. */
function byCreation(a: Entry, b: Entry): number {
  return a.createRevision - b.createRevision || compareKeys(a.key, b.key);
}
