import type { IKeyValue, IResponseHeader } from 'etcd3';
import { expect } from 'chai';
import { parseLeaseId } from '../../../src/core/lease-id.js';
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

const HIGHEST_LEASE = '9223372036854775807';
const header: IResponseHeader = { cluster_id: '1', member_id: '1', revision: '9', raft_term: '1' };

function kv(key: string | Buffer, created: number): IKeyValue {
  return {
    key: Buffer.from(key),
    value: Buffer.from('value'),
    create_revision: String(created),
    mod_revision: String(created + 1),
    version: '2',
    lease: '0',
  };
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

  it('has its keys and values in UTF-8', () => {
    expect(request.success?.[0]?.request_put?.value).to.deep.equal(Buffer.from([0xc3, 0xa9]));
    expect(request.compare?.[3]?.value).to.deep.equal(Buffer.from('日本', 'utf8'));
  });

  it('compares a range as one', () => {
    expect(request.compare?.[0]).to.deep.equal({
      key: Buffer.from('é/'),
      range_end: Buffer.from('é0'),
      target: 'Create',
      result: 'Equal',
      create_revision: 0,
    });
  });

  it('keeps all digits of a lease', () => {
    expect(request.compare?.[2]?.lease).to.equal(HIGHEST_LEASE);
    expect(request.success?.[0]?.request_put?.lease).to.equal(HIGHEST_LEASE);
  });

  it('writes "no lease" as 0', () => {
    expect(request.compare?.[1]).to.include({ target: 'Lease', result: 'NotEqual', lease: '0' });
  });

  it('has its branches in place', () => {
    expect(request.success?.[1]?.request_delete_range?.key).to.deep.equal(Buffer.from('d/'));
    expect(request.failure?.[0]?.request_range?.keys_only).to.equal(true);
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
    expect(toRange({ range, order: 'create' })).to.include({
      sort_order: 'Ascend',
      sort_target: 'Create',
    });
    expect(toRange({ range, order: 'create-desc' })).to.include({
      sort_order: 'Descend',
      sort_target: 'Create',
    });
    expect(toRange({ range })).to.not.have.property('sort_order');
  });
});

describe("etcd's answer", () => {
  const read = (kvs: IKeyValue[]) => ({ header, kvs, more: false, count: String(kvs.length) });

  it('has keys that were created together in the order of their bytes', () => {
    const kvs = [kv('\u{1f512}', 3), kv('\uffee', 3), kv('a', 4)];
    const keys = (order: 'create' | 'create-desc'): string[] =>
      toReadResult(read(kvs), order).entries.map((entry) => entry.key);
    expect(keys('create')).to.deep.equal(['\uffee', '\u{1f512}', 'a']);
    expect(keys('create-desc')).to.deep.equal(['a', '\u{1f512}', '\uffee']);
  });

  it('may hold bytes that are no text: they are replaced', () => {
    expect(toEntry(kv(Buffer.from([0x61, 0xff]), 1)).key).to.equal('a\ufffd');
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
    const answer = (deleted: string): Parameters<typeof toOutcome>[1] =>
      // A union on the wire: etcd3's types have all members, the wire has one.
      ({
        header,
        succeeded: true,
        responses: [{ response_delete_range: { header, deleted, prev_kvs: [] } }],
      }) as unknown as Parameters<typeof toOutcome>[1];
    expect(toOutcome(deletion, answer('1'), 9).revision).to.equal(9);
    expect(toOutcome(deletion, answer('0'), 9).revision).to.equal(8);
  });
});
