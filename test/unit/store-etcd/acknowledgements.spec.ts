import { expect } from 'chai';
import { randomLeaseId } from '../../../src/clock/random.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Acknowledgements } from '../../../src/store/etcd/acknowledgements.js';
import { RaftTerm } from '../../../src/store/etcd/raft-term.js';

const answer = (raft_term: number, revision: number) => ({
  header: { raft_term: String(raft_term), revision: String(revision) },
});

describe('what etcd acknowledged of leases', () => {
  let clock: VirtualClock;
  let raftTerm: RaftTerm;
  let acknowledgements: Acknowledgements;
  const lease = randomLeaseId();

  beforeEach(() => {
    clock = new VirtualClock();
    raftTerm = new RaftTerm(clock);
    raftTerm.see(answer(2, 10));
    acknowledgements = new Acknowledgements(clock, raftTerm);
  });

  it('lasts for the TTL from when it was asked for, the longest of all answers', async () => {
    const startMs = clock.now();
    acknowledgements.granted(lease, 10, startMs, 2);
    await clock.advance(500);
    expect(acknowledgements.find(lease)?.untilMs).to.equal(startMs + 10_000);
    acknowledgements.renewed(lease, 10, startMs + 400);
    acknowledgements.renewed(lease, 10, startMs + 300);
    acknowledgements.renewed(lease, 10, startMs + 500, 8);
    expect(acknowledgements.find(lease)?.untilMs).to.equal(startMs + 10_400);
    expect(acknowledgements.ttlSecondsOf(lease)).to.equal(10);
  });

  it('may end early under a later leader than that which granted it', () => {
    acknowledgements.granted(lease, 10, clock.now(), raftTerm.latest);
    acknowledgements.renewed(lease, 10, clock.now());
    expect(acknowledgements.find(lease)?.mayEndEarly).to.equal(false);
    raftTerm.see(answer(3, 11));
    acknowledgements.renewed(lease, 10, clock.now());
    expect(acknowledgements.find(lease)?.mayEndEarly).to.equal(true);
  });

  it('may end early if another daemon granted it: who knows under which leader', () => {
    acknowledgements.renewed(lease, 10, clock.now());
    expect(acknowledgements.find(lease)?.mayEndEarly).to.equal(true);
  });

  it('is forgotten when it is revoked', () => {
    acknowledgements.granted(lease, 10, clock.now(), 2);
    acknowledgements.forget(lease);
    expect(acknowledgements.find(lease)).to.equal(undefined);
  });

  it('makes room: first what is over, then what was renewed longest ago', async () => {
    const over = randomLeaseId();
    acknowledgements.granted(over, 1, clock.now(), 2);
    await clock.advance(2000);
    acknowledgements.granted(lease, 10, clock.now(), 2);
    expect(acknowledgements.find(over)).to.equal(undefined);
    const second = randomLeaseId();
    acknowledgements.granted(second, 10, clock.now(), 2);
    acknowledgements.renewed(lease, 10, clock.now());
    for (let count = 0; count < 99_999; count += 1) {
      acknowledgements.granted(randomLeaseId(), 10, clock.now(), 2);
    }
    expect(acknowledgements.find(second)).to.equal(undefined);
    expect(acknowledgements.find(lease)).to.not.equal(undefined);
  });

  it('makes room of what is over also behind what lasts', async () => {
    acknowledgements.granted(lease, 3600, clock.now(), 2);
    for (const ttlSeconds of [1, 10]) {
      for (let count = 0; count < 99_999; count += 1) {
        acknowledgements.granted(randomLeaseId(), ttlSeconds, clock.now(), 2);
      }
      await clock.advance(2000);
    }
    expect(acknowledgements.find(lease)).to.not.equal(undefined);
  });
});

describe('the term of raft', () => {
  it('begins at the latest revision that was known when it was first heard of', () => {
    const term = new RaftTerm(new VirtualClock());
    term.see(answer(2, 100));
    expect(term).to.include({ latest: 2, lastChange: undefined });
    term.see(answer(3, 90));
    expect(term.lastChange?.revision).to.equal(100);
    term.see(answer(2, 120));
    expect(term.lastChange?.revision).to.equal(100);
    term.see(answer(5, 130));
    expect(term.lastChange?.revision).to.equal(130);
  });

  it('is not told by an answer without a header', () => {
    const term = new RaftTerm(new VirtualClock());
    term.see({ header: null });
    expect(term.latest).to.equal(0);
  });

  it('begins anew with a cluster that was made from a copy', () => {
    const term = new RaftTerm(new VirtualClock());
    term.see(answer(7, 100));
    term.seeAnew(answer(2, 50));
    expect(term.latest).to.equal(2);
  });
});
