import protobuf from 'protobufjs';

/**
 * The messages of etcd's KV service as far as we use them, with the names and numbers of its rpc.proto and kv.proto,
 * which never change. Two things differ from what etcd3 has: keys and values are `string`, which is the same on the
 * wire, since all of ours are UTF-8; and messages are written from plain objects without a copy in between. These
 * calls carry every lock, counter and document, and that is a quarter of what they cost.
 */
const MESSAGES = {
  Compare: {
    result: [1, 'int32'],
    target: [2, 'int32'],
    key: [3, 'string'],
    version: [4, 'int64'],
    create_revision: [5, 'int64'],
    mod_revision: [6, 'int64'],
    value: [7, 'string'],
    lease: [8, 'int64'],
    range_end: [64, 'string'],
  },
  RangeRequest: {
    key: [1, 'string'],
    range_end: [2, 'string'],
    limit: [3, 'int64'],
    revision: [4, 'int64'],
    sort_order: [5, 'int32'],
    sort_target: [6, 'int32'],
    keys_only: [8, 'bool'],
    count_only: [9, 'bool'],
    min_create_revision: [12, 'int64'],
    max_create_revision: [13, 'int64'],
  },
  PutRequest: { key: [1, 'string'], value: [2, 'string'], lease: [3, 'int64'] },
  DeleteRangeRequest: { key: [1, 'string'], range_end: [2, 'string'] },
  RequestOp: {
    request_range: [1, 'RangeRequest'],
    request_put: [2, 'PutRequest'],
    request_delete_range: [3, 'DeleteRangeRequest'],
    request_txn: [4, 'TxnRequest'],
  },
  TxnRequest: {
    compare: [1, 'Compare', 'repeated'],
    success: [2, 'RequestOp', 'repeated'],
    failure: [3, 'RequestOp', 'repeated'],
  },
  ResponseHeader: { revision: [3, 'int64'], raft_term: [4, 'uint64'] },
  KeyValue: {
    key: [1, 'string'],
    create_revision: [2, 'int64'],
    mod_revision: [3, 'int64'],
    version: [4, 'int64'],
    value: [5, 'string'],
    lease: [6, 'int64'],
  },
  RangeResponse: {
    header: [1, 'ResponseHeader'],
    kvs: [2, 'KeyValue', 'repeated'],
    more: [3, 'bool'],
    count: [4, 'int64'],
  },
  DeleteRangeResponse: { deleted: [2, 'int64'] },
  ResponseOp: {
    response_range: [1, 'RangeResponse'],
    response_delete_range: [3, 'DeleteRangeResponse'],
    response_txn: [4, 'TxnResponse'],
  },
  TxnResponse: {
    header: [1, 'ResponseHeader'],
    succeeded: [2, 'bool'],
    responses: [3, 'ResponseOp', 'repeated'],
  },
} as const;

/** `Compare.CompareResult` */
export const RESULT = { '=': 0, '>': 1, '<': 2, '!=': 3 } as const;
/** `Compare.CompareTarget` */
export const TARGET = { version: 0, create: 1, mod: 2, value: 3, lease: 4 } as const;
/** `RangeRequest.SortOrder`: oldest first, newest first. */
export const SORT_ORDER = { create: 1, 'create-desc': 2 } as const;
/** `RangeRequest.SortTarget` */
export const SORT_TARGET = { create: 2 } as const;

/** An int64 as it is decoded, here or by etcd3; a `Long` keeps all digits. */
export type Int64 = string | { toNumber(): number; toString(): string };

export interface CompareMessage extends KeyRangeMessage {
  readonly result: number;
  readonly target: number;
  readonly version?: number | undefined;
  readonly create_revision?: number | undefined;
  readonly mod_revision?: number | undefined;
  readonly value?: string | undefined;
  /** Decimal. */
  readonly lease?: string | undefined;
}

export interface KeyRangeMessage {
  readonly key: string;
  readonly range_end?: string | undefined;
}

export interface RangeRequest extends KeyRangeMessage {
  readonly limit?: number | undefined;
  readonly revision?: number | undefined;
  readonly sort_order?: number | undefined;
  readonly sort_target?: number | undefined;
  readonly keys_only?: boolean | undefined;
  readonly count_only?: boolean | undefined;
  readonly min_create_revision?: number | undefined;
  readonly max_create_revision?: number | undefined;
}

export interface PutRequest {
  readonly key: string;
  readonly value: string;
  /** Decimal. */
  readonly lease?: string | undefined;
}

/** Exactly one of them. */
export interface RequestOp {
  readonly request_range?: RangeRequest | undefined;
  readonly request_put?: PutRequest;
  readonly request_delete_range?: KeyRangeMessage;
  readonly request_txn?: TxnRequest | undefined;
}

export interface TxnRequest {
  readonly compare?: readonly CompareMessage[] | undefined;
  readonly success?: readonly RequestOp[] | undefined;
  readonly failure?: readonly RequestOp[] | undefined;
}

export interface ResponseHeader {
  readonly revision: Int64;
  readonly raft_term: Int64;
}

/** As we decode it; etcd3, for watches, has bytes where we have texts. */
export interface KeyValue {
  readonly key: string | Buffer;
  readonly value: string | Buffer;
  readonly create_revision: Int64;
  readonly mod_revision: Int64;
  readonly version: Int64;
  readonly lease: Int64;
}

export interface RangeResponse {
  readonly header: ResponseHeader | null;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: Int64;
}

/** At most one of them; none for a put. */
export interface ResponseOp {
  readonly response_range?: RangeResponse | null;
  readonly response_delete_range?: { readonly deleted: Int64 } | null;
  readonly response_txn?: TxnResponse | null;
}

export interface TxnResponse {
  readonly header: ResponseHeader | null;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

/** A unary method, as grpc-js' `makeUnaryRequest` needs it. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  readonly serialize: (request: Request) => Buffer;
  readonly deserialize: (bytes: Buffer) => Response;
}

const ROOT = protobuf.Root.fromJSON({ nested: schemaOf(MESSAGES) });

export const TXN: UnaryMethod<TxnRequest, TxnResponse> = {
  path: '/etcdserverpb.KV/Txn',
  ...codec('TxnRequest', 'TxnResponse'),
};

export const RANGE: UnaryMethod<RangeRequest, RangeResponse> = {
  path: '/etcdserverpb.KV/Range',
  ...codec('RangeRequest', 'RangeResponse'),
};

type Field = readonly [id: number, type: string, rule?: 'repeated'];

function schemaOf(
  messages: Readonly<Record<string, Readonly<Record<string, Field>>>>,
): Record<string, protobuf.IType> {
  const fieldsOf = (fields: Readonly<Record<string, Field>>): Record<string, protobuf.IField> =>
    Object.fromEntries(
      Object.entries(fields).map(([name, [id, type, rule]]) => [
        name,
        { id, type, ...(rule === undefined ? {} : { rule }) },
      ]),
    );
  return Object.fromEntries(
    Object.entries(messages).map(([name, fields]) => [name, { fields: fieldsOf(fields) }]),
  );
}

function codec<Request extends object, Response>(
  requestName: string,
  responseName: string,
): Pick<UnaryMethod<Request, Response>, 'serialize' | 'deserialize'> {
  const request = ROOT.lookupType(requestName);
  const response = ROOT.lookupType(responseName);
  return {
    // In Node its writer makes Buffers.
    serialize: (message) => request.encode(message).finish() as Buffer,
    // The messages of that type, by the schema above.
    deserialize: (bytes) => response.decode(bytes) as unknown as Response,
  };
}
