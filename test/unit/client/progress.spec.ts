import { expect } from 'chai';
import { Progress } from '../../../src/client/wire/progress.js';

/** A history: revisions of items, several of which may be the same. */
const HISTORY = [3, 5, 5, 5, 8, 9, 9];

/** Delivers the items after a revision, as a daemon does, and cuts the stream after `count`. */
function tell(progress: Progress, count: number): number[] {
  const after = progress.resumeAfter();
  return HISTORY.map((revision, index) => ({ revision, index }))
    .filter(({ revision }) => revision > after)
    .slice(0, count)
    .filter(({ revision }) => progress.isNew(revision, false))
    .map(({ index }) => index);
}

describe('The progress of a watch', () => {
  it('tells every item once, in order, wherever its streams are cut', () => {
    for (let first = 0; first <= HISTORY.length; first++) {
      for (let second = 0; second <= HISTORY.length; second++) {
        const progress = new Progress(2);
        const told = [first, second, 99].flatMap((count) => tell(progress, count));
        expect(told, `cut after ${first} and ${second}`).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
      }
    }
  });

  it('tells every document once, though of those of one revision all but the last have the one before', () => {
    const history = [
      { at: 4, told: 4 },
      ...[4, 4, 5].map((told) => ({ at: 5, told })),
      ...[7, 8].map((told) => ({ at: 8, told })),
    ];
    const deliver = (progress: Progress, count: number): number[] => {
      const after = progress.resumeAfter();
      const sent = history
        .map((item, index) => ({ ...item, index }))
        .filter(({ at }) => at > after);
      return sent
        .slice(0, count)
        .filter(({ told }) => progress.isNew(told, false))
        .map(({ index }) => index);
    };
    for (let first = 0; first <= history.length; first++) {
      for (let second = 0; second <= history.length; second++) {
        const progress = new Progress(0);
        progress.isNew(3, true);
        const told = [first, second, 99].flatMap((count) => deliver(progress, count));
        expect(told, `cut after ${first} and ${second}`).to.deep.equal([0, 1, 2, 3, 4, 5]);
      }
    }
  });

  it('resumes after a state, of whose revision nothing follows', () => {
    const progress = new Progress(0);
    expect(progress.isNew(5, true)).to.equal(true);
    expect(progress.resumeAfter()).to.equal(5);
    expect(progress.isNew(8, false)).to.equal(true);
  });

  it('begins again with the state of now when history is gone', () => {
    const progress = new Progress(4);
    progress.isNew(7, false);
    progress.forget();
    expect(progress.resumeAfter()).to.equal(0);
  });
});
