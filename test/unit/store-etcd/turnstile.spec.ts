import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Turnstile } from '../../../src/store/etcd/turnstile.js';
import { faultOf } from '../../support/services.js';

const UNDER_WAY = 128;
const WAIT_MS = 1000;

describe('A turnstile', () => {
  let clock: VirtualClock;
  let closing: AbortController;
  let turnstile: Turnstile;
  /** Of the calls that are under way: what ends each. */
  let underWay: (() => void)[];

  beforeEach(() => {
    clock = new VirtualClock();
    closing = new AbortController();
    turnstile = new Turnstile(clock, WAIT_MS, closing.signal);
    underWay = [];
  });

  const call = (): Promise<void> =>
    turnstile.run(() => new Promise<void>((resolve) => underWay.push(resolve)));

  it('lets so many through at once, and the others in the order of arrival', async () => {
    const order: number[] = [];
    const all = Array.from({ length: UNDER_WAY + 2 }, async (_, n) => {
      await call();
      order.push(n);
    });
    expect(underWay).to.have.length(UNDER_WAY);
    underWay[5]?.();
    await all[5];
    expect(underWay).to.have.length(UNDER_WAY + 1);
    // More come while it goes on.
    for (const end of underWay) {
      end();
      await clock.advance(0);
    }
    await Promise.all(all);
    expect(order[0]).to.equal(5);
    expect(order.slice(-2)).to.deep.equal([UNDER_WAY, UNDER_WAY + 1]);
  });

  it('goes on after a call that fails', async () => {
    for (let n = 0; n <= UNDER_WAY; n++) {
      expect(await faultOf(turnstile.run(() => Promise.reject(new Error('no'))))).to.be.an('error');
    }
    void call();
    expect(underWay).to.have.length(1);
  });

  it('tells those who wait too long, and does not call them', async () => {
    const first = Array.from({ length: UNDER_WAY }, () => call());
    const late = faultOf(call());
    await clock.advance(WAIT_MS / 2);
    const later = call();
    await clock.advance(WAIT_MS / 2 + 20);
    expect(await late).to.have.nested.property('details.reason', 'STORE_BUSY');
    underWay[0]?.();
    await first[0];
    await clock.advance(0);
    expect(underWay).to.have.length(UNDER_WAY + 1);
    underWay[UNDER_WAY]?.();
    await later;
  });

  it('refuses more than so many who wait', async () => {
    for (let n = 0; n < UNDER_WAY + 20_000; n++) call().catch(() => undefined);
    expect(await faultOf(call())).to.have.property('code', 'RESOURCE_EXHAUSTED');
  });

  it('lets nobody wait once it is closed', async () => {
    for (let n = 0; n < UNDER_WAY; n++) void call();
    const waiting = faultOf(call());
    closing.abort();
    expect(await waiting).to.have.property('code', 'UNAVAILABLE');
    expect(await faultOf(call())).to.have.property('code', 'UNAVAILABLE');
  });
});
