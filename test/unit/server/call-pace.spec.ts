import { expect } from 'chai';
import { Pace } from '../../../src/server/grpc/call-stream/pace.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('The pace of a stream of calls', () => {
  let nowMs: number;
  let pace: Pace;

  beforeEach(() => {
    nowMs = 0;
    const timer = (): { cancel(): void } => ({ cancel: () => undefined });
    pace = new Pace({ now: () => nowMs, wall: () => nowMs, timer });
  });

  /** A turn of the loop that takes so long. */
  async function after(tookMs: number): Promise<number> {
    pace.begin();
    nowMs += tookMs;
    await turn();
    const size = pace.begin();
    await turn();
    return size;
  }

  it('rises while turns are short, to a limit', async () => {
    expect(await after(1)).to.equal(32);
    expect(await after(1)).to.equal(128);
    for (let n = 0; n < 5; n++) await after(1);
    expect(pace.begin()).to.equal(256);
  });

  it('falls while they are long, and never to nothing', async () => {
    expect(await after(30)).to.equal(8);
    for (let n = 0; n < 10; n++) {
      pace.begin();
      nowMs += 30;
      await turn();
    }
    expect(pace.begin()).to.equal(2);
  });

  it('is the same for all streams of one turn', () => {
    expect([pace.begin(), pace.begin(), pace.begin()]).to.deep.equal([16, 16, 16]);
  });

  it('gives further turns to one stream each', async () => {
    const order: string[] = [];
    void pace.nextTurn().then(() => order.push('one'));
    void pace.nextTurn().then(() => order.push('other'));
    await turn();
    expect(order).to.deep.equal(['one']);
    await turn();
    expect(order).to.deep.equal(['one', 'other']);
  });
});
