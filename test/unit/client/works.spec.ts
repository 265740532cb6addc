import { expect } from 'chai';
import { Works } from '../../../src/client/works.js';

describe('The works of a client', () => {
  const [one, two] = [{}, {}];
  let works: Works;
  beforeEach(() => {
    works = new Works();
  });

  it('are under way until they end, however they do', async () => {
    let finish = (): void => undefined;
    const running = works.run(one, () => new Promise<void>((resolve) => (finish = resolve)));
    expect(works.areUnderWay).to.equal(true);
    expect(works.endOf(two)).to.equal(undefined);
    const ended = works.endOf(one);
    finish();
    await Promise.all([running, ended]);
    const failing = works.run(two, () => {
      throw new Error('mine');
    });
    expect(await failing.catch(String)).to.equal('Error: mine');
    expect(works.areUnderWay).to.equal(false);
    expect(works.endOf(two)).to.equal(undefined);
  });

  it('know what is called from within them, also from work inside work, and from timers', async () => {
    const seen: unknown[] = [];
    const look = (): void => void seen.push([works.isWithin(one), works.isWithin(two)]);
    await works.run(one, async () => {
      await works.run(two, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        look();
      });
      look();
    });
    look();
    expect(seen).to.deep.equal([
      [true, true],
      [true, false],
      [false, false],
    ]);
  });

  it('count nothing as within them that goes on after their end', async () => {
    let seen: boolean | undefined;
    let later: Promise<void> | undefined;
    await works.run(one, () => {
      later = new Promise((resolve) =>
        setTimeout(() => {
          seen = works.isWithin(one);
          resolve();
        }, 5),
      );
    });
    await later;
    expect(seen).to.equal(false);
  });
});
