import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { parseLeaseId } from '../../../src/core/lease-id.js';
import { TXN, type KeyValue, type TxnRequest } from '../../../src/store/etcd/kv-messages.js';
import { rangesOf } from '../../../src/store/etcd/recompute.js';
import {
  toEntry,
  toNumber,
  toOutcome,
  toRange,
  toReadResult,
  toTxn,
  writes,
} from '../../../src/store/etcd/wire.js';
import { absent, exactly, prefixed, type Transaction } from '../../../src/store/store.js';

const require = createRequire(import.meta.url);
const HIGHEST_LEASE = '9223372036854775807';
const header = { revision: '9', raft_term: '1' };

function kv(key: string | Buffer, created: number): KeyValue {
  return {
    key: Buffer.from(key),
    value: Buffer.from('value'),
    create_revision: String(created),
    mod_revision: String(created + 1),
    version: '2',
    lease: '0',
  };
}

const etcd = loadSync(require.resolve('etcd3/proto/rpc.proto'), {
  ...{ keepCase: true, longs: String, enums: String, defaults: true, oneofs: true },
  includeDirs: [dirname(require.resolve('etcd3/proto/rpc.proto'))],
});

interface ReadRequest {
  readonly success: readonly { readonly request_range?: object }[];
}

/** A message in the bytes of etcd's own .proto files. */
function ofEtcd(name: string, message: object): Buffer {
  return messageOf(name).serialize(message);
}

/** What etcd makes of the bytes that we send. */
function readByEtcd(request: TxnRequest): ReadRequest {
  return messageOf('TxnRequest').deserialize(TXN.serialize(request)) as ReadRequest;
}

function messageOf(name: string): MessageTypeDefinition<object, object> {
  return etcd[`etcdserverpb.${name}`] as MessageTypeDefinition<object, object>;
}

describe('a transaction for etcd', () => {
  const transaction: Transaction = {
    resource: 'r',
    compare: [
      absent(prefixed('é/')),
      { range: exactly('k'), target: 'lease', is: '!=', operand: undefined },
      { range: exactly('k'), target: 'lease', is: '=', operand: parseLeaseId(HIGHEST_LEASE) },
      { range: exactly('k'), target: 'value', is: '=', operand: '日本' },
      { range: exactly('k'), target: 'mod', is: '<', operand: 5 },
      { range: exactly('k'), target: 'version', is: '>', operand: 1 },
    ],
    then: [
      { kind: 'put', key: 'k', value: 'é', lease: parseLeaseId(HIGHEST_LEASE) },
      { kind: 'delete', range: prefixed('d/') },
    ],
    else: [{ kind: 'read', range: exactly('k'), keysOnly: true }],
  };
  const request = toTxn(transaction);

  it('is what etcd itself reads in it', () => {
    expect(readByEtcd(request)).to.containSubset({
      compare: [
        {
          ...{ key: Buffer.from('é/'), range_end: Buffer.from('é0') },
          ...{ target: 'Create', result: 'Equal', create_revision: '0' },
        },
        { target: 'Lease', result: 'NotEqual', lease: '0' },
        { target: 'Lease', result: 'Equal', lease: HIGHEST_LEASE },
        { target: 'Value', result: 'Equal', value: Buffer.from('日本') },
        { target: 'Mod', result: 'Less', mod_revision: '5' },
        { target: 'Version', result: 'Greater', version: '1' },
      ],
      success: [
        {
          request_put: {
            ...{ key: Buffer.from('k'), value: Buffer.from('é'), lease: HIGHEST_LEASE },
          },
        },
        { request_delete_range: { key: Buffer.from('d/'), range_end: Buffer.from('d0') } },
      ],
      failure: [{ request_range: { key: Buffer.from('k'), keys_only: true } }],
    });
  });

  it('is a write if either branch may write', () => {
    expect(writes(transaction)).to.equal(true);
    expect(writes({ ...transaction, then: [], else: transaction.then })).to.equal(true);
    expect(writes({ ...transaction, then: transaction.else })).to.equal(false);
  });

  it('touches each of its ranges once', () => {
    expect(rangesOf(transaction)).to.deep.equal([
      { from: 'é/', to: 'é0' },
      { from: 'k' },
      { from: 'd/', to: 'd0' },
    ]);
  });
});

describe('a read for etcd', () => {
  it('sorts by creation, oldest or newest first', () => {
    const range = prefixed('a/');
    const orders = [
      { range, order: 'create' },
      { range, order: 'create-desc' },
      { range },
    ] as const;
    const success = orders.map((read) => ({ request_range: toRange(read) }));
    expect(readByEtcd({ success }).success.map(({ request_range: read }) => read)).to.containSubset(
      [
        { sort_order: 'Ascend', sort_target: 'Create' },
        { sort_order: 'Descend', sort_target: 'Create' },
        { sort_order: 'None' },
      ],
    );
  });

  it('has all its bounds', () => {
    const read = {
      range: prefixed('a/'),
      limit: 7,
      minCreateRevision: 3,
      maxCreateRevision: 9,
      countOnly: true,
    };
    const [success] = readByEtcd({ success: [{ request_range: toRange(read) }] }).success;
    expect(success?.request_range).to.include({
      limit: '7',
      min_create_revision: '3',
      max_create_revision: '9',
      count_only: true,
    });
  });
});

describe("etcd's answer", () => {
  const read = (kvs: KeyValue[]) => ({ header, kvs, more: false, count: String(kvs.length) });

  it('has keys that were created together in the order of their bytes', () => {
    const kvs = [kv('\u{1f512}', 3), kv('\uffee', 3), kv('a', 4)];
    const keys = (order: 'create' | 'create-desc'): string[] =>
      toReadResult(read(kvs), order).entries.map((entry) => entry.key);
    expect(keys('create')).to.deep.equal(['\uffee', '\u{1f512}', 'a']);
    expect(keys('create-desc')).to.deep.equal(['a', '\u{1f512}', '\uffee']);
  });

  it('may hold bytes that are no text: they are replaced', () => {
    expect(toEntry(kv(Buffer.from([0x61, 0xff]), 1)).key).to.equal('a\ufffd');
    const bytes = ofEtcd('TxnResponse', {
      responses: [{ response_range: { kvs: [kv(Buffer.from([0x61, 0xff]), 1)] } }],
    });
    const [entry] = TXN.deserialize(bytes).responses[0]?.response_range?.kvs ?? [];
    expect(entry?.key).to.equal('a\ufffd');
  });

  it('leaves out the lease of a key that has none', () => {
    expect(toEntry(kv('a', 1))).to.not.have.property('lease');
  });

  it('with a number above 2^53 is refused, not rounded', () => {
    expect(toNumber('9007199254740991')).to.equal(Number.MAX_SAFE_INTEGER);
    expect(() => toNumber('9007199254740993')).to.throw('above 2^53');
  });

  it('has the revision of the write, or the one before if nothing was written', () => {
    const deletion: Transaction = {
      resource: 'r',
      compare: [],
      then: [{ kind: 'delete', range: exactly('a') }],
      else: [],
    };
    const answer = (deleted: string): Parameters<typeof toOutcome>[1] => ({
      header,
      succeeded: true,
      responses: [{ response_delete_range: { deleted } }],
    });
    expect(toOutcome(deletion, answer('1'), 9).revision).to.equal(9);
    expect(toOutcome(deletion, answer('0'), 9).revision).to.equal(8);
  });
});
