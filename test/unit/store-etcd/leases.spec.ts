import { expect } from 'chai';
import { toLeaseState } from '../../../src/store/etcd/leases.js';

const HEADER = { cluster_id: '1', member_id: '1', revision: '1', raft_term: '1' };
const RESPONSE = { ID: '1', keys: [Buffer.from('a')] };

describe('what etcd says of a lease', () => {
  it('is that there is none by -1', () => {
    const response = { ...RESPONSE, TTL: '-1', grantedTTL: '0', keys: [] };
    expect(toLeaseState({ ...response, header: HEADER })).to.equal(undefined);
  });

  for (const overdue of ['-1', '-2']) {
    it(`is not that there is none while it is overdue, and so ${overdue} is left`, () => {
      const response = { ...RESPONSE, TTL: overdue, grantedTTL: '10', header: HEADER };
      expect(toLeaseState(response)).to.deep.equal({
        ttlSeconds: 10,
        remainingSeconds: 0,
        keys: ['a'],
      });
    });
  }
});
