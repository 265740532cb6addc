import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { Child } from '../support/child.js';
import { daemonOf, embeddedWorld, pause } from './worlds.js';

const TTL_MS = 2000;
const ROUNDS = 3;

describe('Combined signals of what a stopped process held', function () {
  this.timeout(60_000);
  const on = daemonOf(embeddedWorld);
  let next: Client;
  let holder: Child;

  before(() => {
    next = connect({ address: on.daemon.grpcAddress });
  });

  afterEach(() => holder.kill());

  after(() => next.close());

  for (let round = 1; round <= ROUNDS; round++) {
    it(`never say after the next grant that they are not aborted, round ${round}`, async () => {
      holder = new Child('client-signals.ts', [on.daemon.grpcAddress, String(TTL_MS)]);
      await holder.until(() => holder.lines.includes('held'));
      holder.signal('SIGSTOP');
      const atNs = (): bigint => process.hrtime.bigint();
      const locks = ['lock', 'session', 'withLock'].map(async (name) => {
        const lock = await next.acquire(name);
        return { name, ns: atNs(), free: () => lock.release() };
      });
      const leading = next
        .election('lead')
        .campaign({ candidate: 'next' })
        .then((led) => ({ name: 'lead', ns: atNs(), free: () => led.resign() }));
      const granted = await Promise.all([...locks, leading]);
      // It shall have to find out by itself: its timers and its connection are late together.
      await pause(round * 200);
      holder.signal('SIGCONT');
      const last = (): string[] => holder.lines.filter((line) => line.startsWith('last '));
      await holder.until(() => last().length === granted.length);
      const lastNs = new Map(
        last().map((line) => [line.split(' ')[1], BigInt(line.split(' ')[2] ?? '')]),
      );
      await Promise.all(granted.map(({ free }) => free()));
      for (const { name, ns } of granted) {
        expect(Number(ns - (lastNs.get(name) ?? ns)), name).to.be.above(0);
      }
    });
  }
});
