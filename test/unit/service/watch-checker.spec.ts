import { expect } from 'chai';
import { WatchChecker } from '../../support/watch-checker.js';

const holder = (fencingToken: number) => ({ fencingToken, owner: '' });
const state = (revision: number, ...tokens: readonly number[]) => ({
  kind: 'STATE',
  revision,
  lock: { holders: tokens.map(holder), waiterCount: 1 },
});
const acquired = (revision: number) => ({ kind: 'ACQUIRED', revision, holder: holder(revision) });
const released = (revision: number, token: number) => ({
  kind: 'RELEASED',
  revision,
  holder: holder(token),
});
const dequeued = (revision: number) => ({ kind: 'DEQUEUED', revision, waiter: { owner: '' } });
const put = (revision: number, name: string, of = revision) => ({
  kind: 'PUT',
  revision,
  config: { name, revision: of },
});
const SYNCED = { kind: 'SYNCED', revision: 5 };

describe('The checker of watches', () => {
  const wrongIn = (messages: readonly object[]): string | undefined => {
    const checker = new WatchChecker();
    return messages.map((message) => checker.see(message)).find((wrong) => wrong !== undefined);
  };

  const right: Readonly<Record<string, readonly object[]>> = {
    'a lock': [state(4, 4), released(5, 4), dequeued(6), acquired(6), state(9), acquired(12)],
    'a lock, resumed': [released(5, 4), acquired(6), released(7, 6)],
    documents: [put(0, 'a', 3), SYNCED, put(6, 'a'), put(6, 'b', 7), put(7, 'c')],
    'documents, anew': [put(0, 'a', 5), SYNCED, { kind: 'RESYNC', revision: 0 }, put(0, 'a', 5)],
    'a counter': [
      { revision: 3, value: 0n },
      { revision: 4, value: 1n },
    ],
    'a lease': [{ kind: 'alive' }, { kind: 'alive' }, { kind: 'lost' }],
  };
  for (const [what, messages] of Object.entries(right)) {
    it(`passes ${what}`, () => {
      expect(wrongIn(messages)).to.equal(undefined);
    });
  }

  const wrong: Readonly<Record<string, readonly [string, readonly object[]]>> = {
    'a change of before the state': ['back in time', [state(4), acquired(3)]],
    'a state of before a change': ['back in time', [state(4), acquired(6), state(5, 6)]],
    'a change twice': ['told twice', [acquired(6), acquired(6)]],
    'a skipped release': ['it did not hold it', [state(4), released(9, 6)]],
    'a skipped place in the queue': ['nobody waited', [state(4), dequeued(5), dequeued(6)]],
    'a skipped vacancy': [
      'there was a leader',
      [
        { kind: 'STATE', revision: 4, election: { leader: { term: 4 } } },
        { kind: 'ELECTED', revision: 6, leader: { term: 6 } },
      ],
    ],
    'an older document': ['an older version', [put(0, 'a', 7), SYNCED, put(6, 'a')]],
    'a document twice': ['the same version', [put(0, 'a', 6), SYNCED, put(6, 'a')]],
    'no revision after SYNCED': ['no revision', [SYNCED, put(0, 'a', 6)]],
    'a counter twice': [
      'told twice',
      [
        { revision: 3, value: 1n },
        { revision: 3, value: 1n },
      ],
    ],
    'a lease that lives on': ['after the last one', [{ kind: 'lost' }, { kind: 'alive' }]],
  };
  for (const [what, [words, messages]] of Object.entries(wrong)) {
    it(`finds ${what}`, () => {
      expect(wrongIn(messages)).to.contain(words);
    });
  }
});
