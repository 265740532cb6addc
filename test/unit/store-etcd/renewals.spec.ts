import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import { randomLeaseId } from '../../../src/clock/random.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import { Acknowledgements } from '../../../src/store/etcd/acknowledgements.js';
import type { Connection } from '../../../src/store/etcd/connection.js';
import type { Endpoints } from '../../../src/store/etcd/endpoints.js';
import { RaftTerm } from '../../../src/store/etcd/raft-term.js';
import { Renewals } from '../../../src/store/etcd/renewals.js';

/** A member's keepalive streams, which answer in the term that the test says. */
class Member {
  asked = 0;
  streams = 0;
  raftTerm: number;
  /** It takes requests and says nothing. */
  isSilent = false;

  constructor(raftTerm: number) {
    this.raftTerm = raftTerm;
  }

  readonly openKeepAlive = (): Promise<unknown> => {
    this.streams += 1;
    const wire = Object.assign(new EventEmitter(), {
      cancel: () => undefined,
      write: ({ ID }: { ID: LeaseId }) => {
        this.asked += 1;
        const header = { raft_term: String(this.raftTerm), revision: '1' };
        if (!this.isSilent) queueMicrotask(() => wire.emit('data', { ID, TTL: '4', header }));
      },
    });
    return Promise.resolve(wire);
  };
}

describe('a renewal', () => {
  const lease = randomLeaseId();
  let clock: VirtualClock;
  let raftTerm: RaftTerm;
  let acknowledgements: Acknowledgements;
  let renewals: Renewals;
  let members: [Member, Member];
  let areSeveral: boolean;
  let isOtherUp: boolean;

  beforeEach(() => {
    clock = new VirtualClock();
    raftTerm = new RaftTerm(clock);
    acknowledgements = new Acknowledgements(clock, raftTerm);
    members = [new Member(2), new Member(3)];
    areSeveral = true;
    isOtherUp = true;
    const connections = members as unknown as readonly Connection[];
    const endpoints = {
      get areSeveral() {
        return areSeveral;
      },
      acquire: () => Promise.resolve(connections[0]),
      acquireOther: (than: Connection) =>
        Promise.resolve(
          areSeveral && isOtherUp ? connections.find((other) => other !== than) : than,
        ),
    } as unknown as Endpoints;
    const observe = (): void => undefined;
    const callTimeoutMs = 2000;
    renewals = new Renewals({
      clock,
      endpoints,
      callTimeoutMs,
      acknowledgements,
      raftTerm,
      observe,
    });
  });
  afterEach(() => {
    renewals.close();
  });

  const hear = (term: number): void => {
    raftTerm.see({ header: { raft_term: String(term), revision: '1' } });
  };

  it('is remembered, from when it was asked for', async () => {
    const startMs = clock.now();
    const renewal = renewals.renew(lease);
    await clock.advance(100);
    expect(await renewal).to.equal(4);
    expect(acknowledgements.find(lease)?.untilMs).to.equal(startMs + 4000);
    expect(raftTerm.latest).to.equal(2);
  });

  it('is sent to another member if the first answers in an earlier term than is known', async () => {
    hear(3);
    const renewal = renewals.renew(lease);
    await clock.advance(500);
    expect(await renewal).to.equal(4);
    expect(members.map(({ asked }) => asked)).to.deep.equal([1, 1]);
  });

  it('fails if no other member answers: the lease may live on', async () => {
    hear(3);
    members[1].isSilent = true;
    const failure = renewals.renew(lease).catch((error: unknown) => error);
    await clock.advance(3000);
    expect(await failure).to.have.property('code', 'UNAVAILABLE');
    expect(acknowledgements.find(lease)).to.equal(undefined);
  });

  it('is believed if two members know only an earlier term: the cluster was made anew', async () => {
    hear(9);
    const renewal = renewals.renew(lease);
    await clock.advance(500);
    expect(await renewal).to.equal(4);
    expect(raftTerm.latest).to.equal(3);
    await clock.advance(100);
    const next = renewals.renew(lease);
    await clock.advance(50);
    expect(await next).to.equal(4);
  });

  it('is believed the second time where only one address is known', async () => {
    areSeveral = false;
    hear(9);
    const renewal = renewals.renew(lease);
    await clock.advance(500);
    expect(await renewal).to.equal(4);
    expect(raftTerm.latest).to.equal(2);
  });

  context('while only one of several members can be reached, and is behind', () => {
    beforeEach(() => {
      isOtherUp = false;
      hear(57);
    });

    const renew = () => renewals.renew(lease).catch((error: unknown) => error);

    it('is asked for a few times, over streams of which there are few', async () => {
      const failure = renew();
      await clock.advance(2100);
      expect(await failure).to.have.property('code', 'UNAVAILABLE');
      expect(members[0].streams).to.be.within(3, 6);
    });

    it('is believed when no leader could be behind for so long: the cluster was made anew', async () => {
      const failure = renew();
      await clock.advance(2100);
      expect(await failure).to.have.property('code', 'UNAVAILABLE');
      const next = renew();
      await clock.advance(1100);
      expect(await next).to.equal(4);
      expect(raftTerm.latest).to.equal(2);
    });

    it('is not believed for what the member said long before: it may have stood still meanwhile', async () => {
      const failure = renew();
      await clock.advance(2100);
      await failure;
      await clock.advance(10_000);
      const next = renew();
      await clock.advance(2100);
      expect(await next).to.have.property('code', 'UNAVAILABLE');
      expect(raftTerm.latest).to.equal(57);
    });
  });
});
