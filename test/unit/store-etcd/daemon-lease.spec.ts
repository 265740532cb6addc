import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { unavailable } from '../../../src/core/errors.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import { DaemonLease } from '../../../src/store/etcd/daemon-lease.js';

/** A call to etcd whose answer the test gives. */
interface Call {
  readonly what: string;
  readonly id: LeaseId;
  answer(ttlSeconds: number | undefined): void;
  fail(): void;
}

describe('the lease of the own keys of a daemon', () => {
  let clock: VirtualClock;
  let calls: Call[];
  let lease: DaemonLease;
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  before(() => process.on('unhandledRejection', onUnhandled));
  after(() => process.off('unhandledRejection', onUnhandled));
  beforeEach(() => {
    clock = new VirtualClock();
    calls = [];
    const call = (what: string, id: LeaseId): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const fail = (): void => reject(unavailable('etcd did not answer'));
        calls.push({ what, id, answer: resolve, fail });
      });
    lease = new DaemonLease(
      clock,
      {
        grant: async (id) => (await call('grant', id)) ?? 0,
        renew: (id) => call('renew', id),
        inspect: async (id) => {
          const ttlSeconds = await call('inspect', id);
          if (ttlSeconds === undefined) return undefined;
          return { ttlSeconds, remainingSeconds: ttlSeconds, keys: [] };
        },
        revoke: async (id) => (await call('revoke', id)) !== undefined,
      },
      () => undefined,
    );
  });

  function next(what: string): Call {
    const call = calls.shift();
    if (call?.what !== what) throw new Error(`${call?.what ?? 'nothing'} was called, not ${what}`);
    return call;
  }

  async function granted(): Promise<LeaseId> {
    const id = lease.get();
    next('grant').answer(600);
    return id;
  }

  it('is renewed', async () => {
    const id = await granted();
    for (let round = 0; round < 3; round++) {
      await clock.advance(120_000);
      const renewal = next('renew');
      expect(renewal.id).to.equal(id);
      if (round === 0) renewal.fail();
      else renewal.answer(600);
    }
    expect(await lease.get()).to.equal(id);
  });

  it('is granted anew once it has ended, and the old one is renewed no more', async () => {
    const id = await granted();
    const ended = lease.hasEnded(id);
    next('inspect').answer(undefined);
    expect(await ended).to.equal(true);
    const other = await granted();
    expect(other).to.not.equal(id);
    await clock.advance(120_000);
    expect(next('renew').id).to.equal(other);
    expect(calls).to.have.length(0);
  });

  it('may fail to be granted anew while the old one is being renewed: that is told to who asked', async () => {
    const id = await granted();
    await clock.advance(120_000);
    const renewal = next('renew');
    const ended = lease.hasEnded(id);
    next('inspect').answer(undefined);
    await ended;
    const other = lease.get().catch((reason: unknown) => reason);
    const grant = next('grant');
    renewal.fail();
    await clock.advance(0);
    grant.fail();
    expect(await other).to.have.property('code', 'UNAVAILABLE');
    await clock.advance(0);
    expect(unhandled, 'the daemon would end').to.deep.equal([]);
    await granted();
  });
});
