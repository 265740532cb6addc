import { expect } from 'chai';
import { sleep } from '../../../src/clock/clock.js';
import { SystemClock } from '../../../src/clock/system-clock.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';

describe('SystemClock', () => {
  const clock = new SystemClock();

  it('fires not before the delay has passed', async () => {
    for (let i = 0; i < 20; i++) {
      const startMs = clock.now();
      await sleep(clock, 3.4);
      expect(clock.now() - startMs).to.be.at.least(3.4);
    }
  });

  it('does not fire at once for a delay beyond 2^31 ms', async () => {
    let fired = false;
    const timer = clock.timer(2 ** 31 + 1000, () => (fired = true));
    await sleep(clock, 20);
    timer.cancel();
    expect(fired).to.equal(false);
  });

  it('does not fire after it was cancelled', async () => {
    let fired = false;
    clock.timer(5, () => (fired = true)).cancel();
    await sleep(clock, 20);
    expect(fired).to.equal(false);
  });
});

describe('sleep', () => {
  it('ends as soon as the signal aborts', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const slept = sleep(clock, 1e9, stop.signal);
    stop.abort();
    await slept;
    await sleep(clock, 1e9, stop.signal);
  });
});

describe('VirtualClock', () => {
  it('fires in the order of the due times, at those times', async () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    for (const delay of [30, 10, 20]) clock.timer(delay, () => fired.push(clock.now()));
    await clock.advance(25);
    expect(fired).to.deep.equal([10, 20]);
    expect(clock.now()).to.equal(25);
  });

  it('moves the wall clock apart from the monotonic one', () => {
    const clock = new VirtualClock(0);
    clock.jumpWall(-3_600_000);
    expect(clock.now()).to.equal(0);
    expect(clock.wall()).to.equal(-3_600_000);
  });
});
