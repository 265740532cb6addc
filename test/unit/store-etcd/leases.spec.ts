import { expect } from 'chai';
import { randomLeaseId } from '../../../src/clock/random.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import { Acknowledgements } from '../../../src/store/etcd/acknowledgements.js';
import type { Caller } from '../../../src/store/etcd/caller.js';
import { Leases, toLeaseState } from '../../../src/store/etcd/leases.js';
import { RaftTerm } from '../../../src/store/etcd/raft-term.js';
import type { Renewals } from '../../../src/store/etcd/renewals.js';
import { Turnstile } from '../../../src/store/etcd/turnstile.js';

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

describe('renewals of leases that may not be there', () => {
  const TTL_SECONDS = 10;
  let clock: VirtualClock;
  let acknowledgements: Acknowledgements;
  let leases: Leases;
  let asked: LeaseId[];

  beforeEach(() => {
    clock = new VirtualClock();
    asked = [];
    const raftTerm = new RaftTerm(clock);
    acknowledgements = new Acknowledgements(clock, raftTerm);
    const renew = (id: LeaseId): Promise<number> => {
      asked.push(id);
      return new Promise(() => undefined);
    };
    leases = new Leases({
      ...{ clock, acknowledgements, raftTerm, barrierKey: '/barrier' },
      caller: { callTimeoutMs: 1000 } as unknown as Caller,
      renewals: { renew } as unknown as Renewals,
      writes: new Turnstile(clock, 1000, new AbortController().signal),
    });
    for (let n = 0; n < 100; n++) void leases.renew(randomLeaseId());
  });

  it('are few at a time', () => {
    expect(asked).to.have.lengthOf(32);
  });

  it('keep none waiting that this daemon knows to be there', async () => {
    const known = randomLeaseId();
    acknowledgements.granted(known, TTL_SECONDS, clock.now(), 1);
    void leases.renew(known);
    expect(asked.at(-1)).to.equal(known);
    await clock.advance(TTL_SECONDS * 1000);
    void leases.renew(known);
    expect(asked).to.have.lengthOf(33);
  });
});
