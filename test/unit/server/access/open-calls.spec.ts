import { expect } from 'chai';
import type { Guard } from '../../../../src/server/access/guard.js';
import type { OpenCalls } from '../../../../src/server/access/open-calls.js';
import {
  accessFor,
  GuardedServers,
  guardFor,
  SIGNER,
  tokenOf,
  type OpenCall,
} from '../../../support/guarded-servers.js';

const HOUR_MS = 3_600_000;

const PRINCIPALS = `version: 1
principals:
  - ${tokenOf('ann')}
  - ${tokenOf('ops')}
  - {name: jane, match: {jwt: jane}}
rules:
  - {to: [ops], allow: ["*"], on: ["*"]}
`;
const POLICY = `${PRINCIPALS}  - {to: [ann, jane], allow: ["*"], on: ["lock:*", "election:*", "counter:*"]}\n`;
const WITHOUT_ANN = `${PRINCIPALS}  - {to: [jane], allow: ["*"], on: ["lock:*"]}\n`;
const WITHOUT_HER_TOKEN = POLICY.replace(/ {2}- \{name: ann, .*\n/, '  - {name: ann}\n');

const HOLD = 'LockService/Hold';
const RENEW = 'LeaseService/KeepAliveStream';

describe('calls under way', () => {
  let guard: Guard;
  let bench: GuardedServers;
  let calls: OpenCalls;
  let refusals: string[];
  beforeEach(async () => {
    refusals = [];
    guard = guardFor(POLICY, refusals);
    bench = await GuardedServers.start(guard);
    calls = bench.calls(guard);
  });
  afterEach(() => bench.stop());

  const nothing = (): undefined => undefined;
  async function usePolicy(text: string): Promise<void> {
    guard.use(accessFor(text));
    await calls.lookAgain(nothing);
  }
  const jwt = (hours: number, sub = 'jane'): Promise<string> =>
    SIGNER.token(Date.now(), { sub, exp: Math.floor((Date.now() + hours * HOUR_MS) / 1000) });
  const pass = (hours: number): void => calls.expire(Date.now() + hours * HOUR_MS);
  async function held(token: string, name = 'a'): Promise<OpenCall> {
    const call = bench.open(HOLD, { name }, token);
    await call.answer('acquired');
    return call;
  }
  async function holders(name = 'a'): Promise<number> {
    const { answers } = await bench.grpc('LockService/GetLock', { name }, 'ops');
    return (answers[0]?.holders as readonly unknown[]).length;
  }

  context('when a policy comes by which they may not', () => {
    it('are told so, and what they hold is left to them', async () => {
      const hold = await held('ann');
      await usePolicy(WITHOUT_ANN);
      expect(await hold.ended).to.deep.equal({ code: 7, details: 'ann may not acquire lock "a"' });
      expect(await holders()).to.equal(1);
      await usePolicy(POLICY);
      const { grant } = (await hold.answer('acquired')) as { grant: Record<string, string> };
      const { leaseId, fencingToken } = grant;
      const resumed = bench.open(HOLD, { name: 'a', resume: { leaseId, fencingToken } }, 'ann');
      await resumed.answer('acquired');
      resumed.cancel();
    });

    it('are told so if they watch, or wait', async () => {
      const watch = bench.open('LockService/WatchLock', { name: 'a' }, 'ann');
      const counter = bench.open('CounterService/WatchCounter', { name: 'c' }, 'ann');
      const others = await held('ops');
      const wait = bench.open('LockService/Acquire', { name: 'a', wait: { seconds: '60' } }, 'ann');
      const waitingHold = bench.open(HOLD, { name: 'a', wait: { seconds: '60' } }, 'ann');
      await waitingHold.answer('queued');
      await watch.answer('revision');
      await counter.answer('revision');
      await usePolicy(WITHOUT_ANN);
      for (const call of [watch, counter, wait, waitingHold]) {
        expect((await call.ended).code).to.equal(7);
      }
      expect(await others.isOpen()).to.equal(true);
      const { answers } = await bench.grpc('LockService/GetLock', { name: 'a' }, 'ops');
      expect(answers[0]?.waiters).to.deep.equal([]);
      others.cancel();
    });

    it('are told so over HTTP too', async () => {
      const { httpPort } = bench.servers;
      const response = await fetch(`http://127.0.0.1:${httpPort}/v1/locks/a:watch`, {
        headers: { authorization: 'Bearer ann' },
      });
      const text = response.text();
      await usePolicy(WITHOUT_ANN);
      expect(await text)
        .to.contain('event: error')
        .and.contain('ann may not watch lock');
    });

    it('go on if they still may, under whatever name', async () => {
      const hold = await held('ann');
      await usePolicy(
        POLICY.replace('name: ann', 'name: anna, aliases: [ann]').replace('[ann, ', '[anna, '),
      );
      expect(await hold.isOpen()).to.equal(true);
      hold.cancel();
    });
  });

  it('end when their static token is taken back', async () => {
    const hold = await held('ann');
    await usePolicy(WITHOUT_HER_TOKEN);
    const { code, details } = await hold.ended;
    expect([code, details]).to.deep.equal([16, "the token can't be verified"]);
    expect(await holders()).to.equal(1);
  });

  it('are only told of in audit', async () => {
    await bench.stop();
    guard = guardFor(POLICY, refusals, 'audit');
    bench = await GuardedServers.start(guard);
    calls = bench.calls(guard);
    const hold = await held('ann');
    await usePolicy(WITHOUT_ANN);
    expect(refusals).to.deep.equal(['ann may not acquire lock "a"']);
    expect(await hold.isOpen()).to.equal(true);
    hold.cancel();
  });

  context('when the token of their caller has ended', () => {
    it('are told so, and what they hold is left to them', async () => {
      const hold = await held(await jwt(1));
      const watch = bench.open('LockService/WatchLock', { name: 'a' }, await jwt(1));
      await watch.answer('revision');
      pass(0.5);
      expect(await hold.isOpen()).to.equal(true);
      pass(2);
      for (const call of [hold, watch]) {
        expect(await call.ended).to.deep.equal({ code: 16, details: 'the token has expired' });
      }
      expect(await holders()).to.equal(1);
    });

    it('keep their place in a queue, for one who asks again with another token', async () => {
      const others = await held('ops');
      const [token, later] = [await jwt(1), await jwt(3)];
      const leaseOf = async (by: string): Promise<string> => {
        const { answers } = await bench.grpc('LeaseService/CreateLease', {}, by);
        return (answers[0]?.grant as { leaseId: string }).leaseId;
      };
      const queue = async (count: number): Promise<void> => {
        for (;;) {
          const { answers } = await bench.grpc('LockService/GetLock', { name: 'a' }, 'ops');
          if ((answers[0]?.waiters as readonly unknown[]).length === count) return;
        }
      };
      const wait = { name: 'a', wait: { seconds: '60' } };
      const first = { ...wait, leaseId: await leaseOf(token), requestId: 'r' };
      const call = bench.open('LockService/Acquire', first, token);
      await queue(1);
      const second = bench.open(
        'LockService/Acquire',
        { ...wait, leaseId: await leaseOf('ann') },
        'ann',
      );
      await queue(2);
      pass(2);
      expect((await call.ended).code).to.equal(16);
      const again = bench.open('LockService/Acquire', first, later);
      await queue(2);
      others.cancel();
      await again.ended;
      expect(again.answers[0]?.acquired).to.equal(true);
      expect(await second.isOpen()).to.equal(true);
      second.cancel();
    });
  });

  context('when their caller sends another token', () => {
    it('go on with it, and say nothing', async () => {
      const hold = await held(await jwt(1));
      hold.send({ token: await jwt(3) });
      const { answers } = await bench.grpc('LeaseService/CreateLease', {}, await jwt(1));
      const { leaseId } = answers[0]?.grant as { leaseId: string };
      const renewals = bench.open(RENEW, { leaseId }, await jwt(1));
      renewals.send({ token: await jwt(3) });
      renewals.send({ leaseId });
      while (renewals.answers.length < 2) await renewals.isOpen();
      pass(2);
      expect(await hold.isOpen()).to.equal(true);
      expect(await renewals.isOpen()).to.equal(true);
      expect(
        hold.answers.every(({ alive, acquired }) => Boolean(alive) || Boolean(acquired)),
      ).to.equal(true);
      expect(renewals.answers.map((answer) => answer.code)).to.deep.equal([0, 0]);
      pass(4);
      expect((await hold.ended).code).to.equal(16);
      expect((await renewals.ended).code).to.equal(16);
    });

    for (const [what, token, words] of [
      ['that is another´s', () => jwt(1, 'ann'), 'the token is not of jane, whose stream this is'],
      ['that has ended', () => jwt(-1), 'the token has expired'],
      ['that is none', () => Promise.resolve('x.y.z'), "the token can't be verified"],
    ] as const) {
      it(`end with one ${what}, and what they hold is left to them`, async () => {
        const hold = await held(await jwt(1));
        hold.send({ token: await token() });
        const { code, details } = await hold.ended;
        expect(code).to.equal(16);
        expect(details).to.contain(words);
        expect(await holders()).to.equal(1);
      });
    }

    it('take no notice of it without a policy', async () => {
      const open = await GuardedServers.start(undefined);
      const hold = open.open(HOLD, { name: 'a' });
      await hold.answer('acquired');
      hold.send({ token: 'x' });
      expect(await hold.isOpen()).to.equal(true);
      const renewals = open.open(RENEW, { token: 'x' });
      renewals.send({ leaseId: '7' });
      await renewals.answer('code');
      expect(renewals.answers.length).to.equal(1);
      for (const call of [hold, renewals]) call.cancel();
      await open.stop();
    });
  });

  it('leave room for others while they are looked at', async () => {
    const hold = await held('ann');
    let turns = 0;
    await calls.lookAgain(() => {
      turns++;
      return new Promise((resolve) => setImmediate(resolve));
    });
    expect(turns).to.be.greaterThan(0);
    expect(await hold.isOpen()).to.equal(true);
    hold.cancel();
  });
});
