import { expect } from 'chai';
import type { IncreaseExclusiveOutcome } from '../../../src/core/counter.js';
import { caller, faultOf, serviceBench } from '../../support/services.js';

describe('CounterService.increaseExclusive', () => {
  const bench = serviceBench();
  const value = async (): Promise<bigint> => (await bench.daemon.counters.get('c')).value;
  const increase = (holdMs: number, rest = {}, by = caller()): Promise<IncreaseExclusiveOutcome> =>
    bench.daemon.counters.increaseExclusive(
      { name: 'c', holdMs, lock: 'l', ttlMs: 5000, owner: '', requestId: '', ...rest },
      by,
    );

  it('adds one after the work, and frees the lock', async () => {
    const increased = increase(3000);
    await bench.clock.advance(2999);
    expect(await value()).to.equal(0n);
    await bench.clock.advance(1);
    expect(await increased).to.include({ acquired: true, value: 1n, previous: 0n });
    expect((await bench.daemon.locks.get('l')).holderCount).to.equal(0);
  });

  it('gives who asks again the first outcome, without working again', async () => {
    const first = increase(3000, { requestId: 'r' });
    await bench.clock.advance(3000);
    const outcome = await first;
    expect(outcome).to.have.property('fencingToken').that.is.above(0);
    expect(await increase(3000, { requestId: 'r' })).to.deep.equal(outcome);
    expect(await value()).to.equal(1n);
    expect(await faultOf(increase(2000, { requestId: 'r' }))).to.have.property(
      'code',
      'ALREADY_EXISTS',
    );
  });

  it('tries anew after a lock that expired, with the same request id', async () => {
    const late = faultOf(increase(60_000, { requestId: 'r' }));
    await bench.clock.advance(5000);
    await late;
    const again = faultOf(increase(60_000, { requestId: 'r' }));
    await bench.clock.advance(5000);
    expect(await again).to.have.nested.property('details.reason', 'LOCK_EXPIRED');
    expect(await value()).to.equal(0n);
  });

  it('checks names before it takes the lock, each under its own field', async () => {
    for (const [rest, field] of [
      [{ name: 'a\nb' }, 'name'],
      [{ lock: '..' }, 'lock'],
    ] as const) {
      expect(await faultOf(increase(3000, rest))).to.have.nested.property('details.field', field);
    }
    expect((await bench.daemon.locks.get('l')).holderCount).to.equal(0);
  });

  it('answers at once if the lock is in use', async () => {
    const first = increase(3000);
    await bench.clock.advance(1);
    expect(await increase(3000)).to.have.property('acquired', false);
    await bench.clock.advance(3000);
    await first;
    expect(await value()).to.equal(1n);
  });

  it('answers when the lock expires if the work takes longer, and counts nothing', async () => {
    const late = faultOf(increase(60_000));
    await bench.clock.advance(5000);
    expect(await late).to.have.nested.property('details.reason', 'LOCK_EXPIRED');
    await bench.clock.advance(60_000);
    expect(await value()).to.equal(0n);
    expect((await bench.daemon.locks.get('l')).holderCount).to.equal(0);
  });

  it('counts nothing if the lock went to somebody else meanwhile', async () => {
    const robbed = faultOf(increase(3000));
    await bench.clock.advance(1000);
    await bench.forceRelease('l');
    await bench.acquire('l', { ttlMs: 60_000 });
    await bench.clock.advance(2000);
    expect(await robbed).to.have.nested.property('details.reason', 'LOCK_EXPIRED');
    expect(await value()).to.equal(0n);
    expect((await bench.daemon.locks.get('l')).holderCount).to.equal(1);
  });

  it('frees the lock of a caller that goes away', async () => {
    const gone = new AbortController();
    const left = faultOf(increase(3000, {}, caller(gone.signal)));
    await bench.clock.advance(1000);
    gone.abort();
    expect(await left).to.have.property('code', 'CANCELLED');
    expect((await bench.daemon.locks.get('l')).holderCount).to.equal(0);
  });

  it("takes the counter's name for the lock's if none is given", async () => {
    const increased = increase(1000, { lock: '' });
    await bench.clock.advance(1);
    expect((await bench.daemon.locks.get('c')).holderCount).to.equal(1);
    await bench.clock.advance(1000);
    await increased;
  });
});
