import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { FewAtATime } from '../../../src/store/etcd/few-at-a-time.js';
import { faultOf } from '../../support/services.js';

const PATIENCE_MS = 1000;

describe('work that is few at a time', () => {
  let clock: VirtualClock;
  let few: FewAtATime;
  let begun: number[];
  let finish: ((fault?: Error) => void)[];

  beforeEach(() => {
    clock = new VirtualClock();
    few = new FewAtATime({ clock, limit: 2, patienceMs: PATIENCE_MS });
    [begun, finish] = [[], []];
  });

  const run = (index: number): Promise<number> =>
    few.run(() => {
      begun.push(index);
      return new Promise((resolve, reject) => {
        finish[index] = (fault) => (fault === undefined ? resolve(index) : reject(fault));
      });
    });

  it('begins in the order of asking, whatever becomes of what was before', async () => {
    const all = [0, 1, 2, 3].map(run);
    expect(begun).to.deep.equal([0, 1]);
    finish[1]?.();
    expect(await all[1]).to.equal(1);
    await clock.advance(0);
    expect(begun).to.deep.equal([0, 1, 2]);
    finish[2]?.(new Error('broken'));
    expect(String(await faultOf(all[2] ?? Promise.resolve()))).to.contain('broken');
    await clock.advance(0);
    expect(begun).to.deep.equal([0, 1, 2, 3]);
    finish[0]?.();
    finish[3]?.();
    expect(await Promise.all([all[0], all[3]])).to.deep.equal([0, 3]);
  });

  it('is not begun when it has waited for too long', async () => {
    const all = [0, 1, 2, 3].map(run);
    const late = faultOf(all[2] ?? Promise.resolve());
    await clock.advance(PATIENCE_MS);
    const last = run(4);
    finish[0]?.();
    expect(await late).to.have.property('code', 'UNAVAILABLE');
    expect(await faultOf(all[3] ?? Promise.resolve())).to.have.property('code', 'UNAVAILABLE');
    await clock.advance(0);
    expect(begun).to.deep.equal([0, 1, 4]);
    finish[4]?.();
    expect(await last).to.equal(4);
  });
});
