import type {
  ICompare,
  IKeyValue,
  IRangeRequest,
  IRangeResponse,
  IRequestOp,
  IResponseOp,
  ITxnRequest,
  ITxnResponse,
} from 'etcd3';
import { Fault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
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

/** The port's transactions in etcd's words, and etcd's answers in the port's. Pure functions. */

const RESULT = { '=': 'Equal', '!=': 'NotEqual', '<': 'Less', '>': 'Greater' } as const;
const NO_LEASE = '0';

export function toTxn(transaction: Transaction): ITxnRequest {
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
export function toReadTxn(transaction: Transaction, anyKey: Buffer): ITxnRequest {
  const request = toTxn(transaction);
  if (transaction.then.length + transaction.else.length > 0) return request;
  return { ...request, failure: [{ request_range: { key: anyKey, count_only: true } }] };
}

export function writes(transaction: Transaction): boolean {
  const isWrite = (operation: Operation): boolean => operation.kind !== 'read';
  return transaction.then.some(isWrite) || transaction.else.some(isWrite);
}

export function toRange(read: Omit<Read, 'kind'>): IRangeRequest {
  return {
    ...toKeyRange(read.range),
    ...(read.limit === undefined ? undefined : { limit: read.limit }),
    ...(read.order === 'create' ? ({ sort_order: 'Ascend', sort_target: 'Create' } as const) : {}),
    ...(read.order === 'create-desc'
      ? ({ sort_order: 'Descend', sort_target: 'Create' } as const)
      : {}),
    ...(read.minCreateRevision === undefined
      ? undefined
      : { min_create_revision: read.minCreateRevision }),
    ...(read.maxCreateRevision === undefined
      ? undefined
      : { max_create_revision: read.maxCreateRevision }),
    ...(read.keysOnly === true ? { keys_only: true } : undefined),
    ...(read.countOnly === true ? { count_only: true } : undefined),
  };
}

export function toKeyRange(range: KeyRange): { key: Buffer; range_end?: Buffer } {
  const key = Buffer.from(range.from);
  return range.to === undefined ? { key } : { key, range_end: Buffer.from(range.to) };
}

/**
 * The outcome of a transaction that ran as part of a request of revision `revision`. If it wrote nothing
 * itself, what it saw is the state before.
 */
export function toOutcome(
  transaction: Transaction,
  response: ITxnResponse,
  revision: Revision,
): Outcome {
  const branch = response.succeeded ? transaction.then : transaction.else;
  const results = branch.map((operation, index) => toResult(operation, response.responses[index]));
  const wrote = results.some(
    (result) => result.kind === 'put' || (result.kind === 'delete' && result.deleted > 0),
  );
  return { succeeded: response.succeeded, revision: wrote ? revision : revision - 1, results };
}

export function toReadOutcome(transaction: Transaction, response: ITxnResponse): Outcome {
  const branch = response.succeeded ? transaction.then : transaction.else;
  const results = branch.map((operation, index) => toResult(operation, response.responses[index]));
  return { succeeded: response.succeeded, revision: toNumber(response.header.revision), results };
}

export function toReadResult(response: IRangeResponse, order: Read['order']): ReadResult {
  const kvs = [...response.kvs];
  if (order === 'create') kvs.sort(byCreation);
  if (order === 'create-desc') kvs.sort((a, b) => byCreation(b, a));
  return {
    kind: 'read',
    entries: kvs.map(toEntry),
    count: toNumber(response.count),
    more: response.more,
  };
}

export function toEntry(kv: IKeyValue): Entry {
  return {
    key: kv.key.toString(),
    value: kv.value.toString(),
    createRevision: toNumber(kv.create_revision),
    modRevision: toNumber(kv.mod_revision),
    version: toNumber(kv.version),
    ...(kv.lease === NO_LEASE ? undefined : { lease: toLeaseId(kv.lease) }),
  };
}

/** An int64 of the wire that counts something. @throws Fault DATA_LOSS above 2^53. */
export function toNumber(int64: string): number {
  const value = Number(int64);
  if (!Number.isSafeInteger(value)) {
    throw new Fault('DATA_LOSS', 'etcd sent a number above 2^53');
  }
  return value;
}

/** etcd's lease IDs are int64s; other programs may have made any. */
function toLeaseId(int64: string): LeaseId {
  return int64 as LeaseId;
}

function toResult(operation: Operation, response: IResponseOp | undefined): OperationResult {
  if (response === undefined) throw new TypeError('etcd answered too few operations');
  switch (operation.kind) {
    case 'put':
      return { kind: 'put' };
    case 'delete':
      return { kind: 'delete', deleted: toNumber(response.response_delete_range.deleted) };
    case 'read':
      return toReadResult(response.response_range, operation.order);
  }
}

function toRequestOp(operation: Operation): IRequestOp {
  switch (operation.kind) {
    case 'put':
      return {
        request_put: {
          key: Buffer.from(operation.key),
          value: Buffer.from(operation.value),
          ...(operation.lease === undefined ? undefined : { lease: operation.lease }),
        },
      };
    case 'delete':
      return { request_delete_range: toKeyRange(operation.range) };
    case 'read':
      return { request_range: toRange(operation) };
  }
}

function toCompare(compare: Compare): ICompare {
  const where = { ...toKeyRange(compare.range), result: RESULT[compare.is] };
  switch (compare.target) {
    case 'create':
      return { ...where, target: 'Create', create_revision: compare.operand };
    case 'mod':
      return { ...where, target: 'Mod', mod_revision: compare.operand };
    case 'version':
      return { ...where, target: 'Version', version: compare.operand };
    case 'lease':
      return { ...where, target: 'Lease', lease: compare.operand ?? NO_LEASE };
    case 'value':
      return { ...where, target: 'Value', value: Buffer.from(compare.operand) };
  }
}

/** etcd's sort is not stable, so keys that one transaction created come in any order. */
function byCreation(a: IKeyValue, b: IKeyValue): number {
  const byRevision = toNumber(a.create_revision) - toNumber(b.create_revision);
  return byRevision === 0 ? a.key.compare(b.key) : byRevision;
}
