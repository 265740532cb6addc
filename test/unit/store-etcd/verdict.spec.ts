import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import { explain, isTokenRefused, judge } from '../../../src/store/etcd/verdict.js';

function grpcError(code: number, details: string): Error {
  return Object.assign(new Error(`${code} SOMETHING: ${details}`), { code, details });
}

describe('the verdict on a failed call to etcd', () => {
  const refusals: readonly (readonly [number, string, string])[] = [
    [5, 'etcdserver: requested lease not found', 'lease not found'],
    [9, 'etcdserver: lease already exists', 'lease exists'],
    [11, 'etcdserver: mvcc: required revision has been compacted', 'compacted'],
    [3, 'etcdserver: request is too large', 'too large'],
    [8, 'grpc: received message larger than max (3 vs. 2)', 'too large'],
    [8, 'etcdserver: too many requests', 'busy'],
    [7, 'etcdserver: permission denied', 'denied'],
    [3, 'etcdserver: authentication failed, invalid user ID or password', 'denied'],
    [3, 'etcdserver: user name is empty', 'denied'],
    [3, 'etcdserver: duplicate key given in txn request', 'malformed'],
  ];
  for (const [code, message, reason] of refusals) {
    it(`takes "${message}" for a refusal: ${reason}`, () => {
      expect(judge(grpcError(code, message))).to.include({ kind: 'refused', reason });
    });
  }

  const unknown: readonly (readonly [number, string])[] = [
    [14, 'etcdserver: request timed out'],
    [14, 'etcdserver: leader changed'],
    [14, 'etcdserver: no leader'],
    [14, 'Connection dropped'],
    [14, 'No connection established'],
    [1, 'Cancelled on client'],
    [4, 'Deadline exceeded'],
    [13, 'Received RST_STREAM with code 2'],
    [2, 'anything else'],
    [8, 'Received message larger than max (3 vs. 2)'],
  ];
  for (const [code, message] of unknown) {
    it(`takes "${message}" for no answer: the write may yet be applied`, () => {
      expect(judge(grpcError(code, message))).to.include({ kind: 'no answer' });
    });
  }

  it('takes "no space" for neither: etcd may apply the write and say so afterwards', () => {
    expect(judge(grpcError(8, 'etcdserver: mvcc: database space exceeded')).kind).to.equal(
      'no space',
    );
  });

  it('tells a deadline from a broken connection', () => {
    expect(judge(grpcError(4, 'Deadline exceeded'))).to.include({ timedOut: true });
    expect(judge(grpcError(14, 'Connection dropped'))).to.include({ timedOut: false });
  });

  it('takes our own fault for a call that was not sent', () => {
    expect(judge(unavailable('out of reach'))).to.include({ kind: 'not sent' });
  });

  it('never repeats what etcd or the network said, which may hold addresses', () => {
    for (const [code, message] of [...refusals, ...unknown]) {
      const text = `${message} 10.0.0.7:2379`;
      expect(judge(grpcError(code, text)).fault.message).to.not.include('10.0.0.7');
      expect(explain(grpcError(code, text))).to.not.include('10.0.0.7');
    }
  });

  it('knows a token that is no longer valid', () => {
    expect(isTokenRefused(grpcError(16, 'etcdserver: invalid auth token'))).to.equal(true);
    expect(isTokenRefused(grpcError(7, 'etcdserver: permission denied'))).to.equal(false);
  });

  it('tells a person what to check', () => {
    const tls = grpcError(14, 'Last error: Error: unable to verify the first certificate.');
    expect(explain(tls)).to.include('check the CA');
    expect(explain(grpcError(14, 'etcdserver: no leader'))).to.include('most members run');
    expect(explain(grpcError(14, 'connect ECONNREFUSED'))).to.include('check that it runs');
  });
});
