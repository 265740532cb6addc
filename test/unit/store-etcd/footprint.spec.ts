import { expect } from 'chai';
import fc from 'fast-check';
import { apply, stateOf } from '../../../src/store/apply.js';
import { footprintOf, Ground } from '../../../src/store/etcd/footprint.js';
import { absent, exactly, prefixed } from '../../../src/store/store.js';
import type { Compare, Entry, KeyRange, Operation, Transaction } from '../../../src/store/store.js';

const put = (key: string): Operation => ({ kind: 'put', key, value: '' });
const remove = (range: KeyRange): Operation => ({ kind: 'delete', range });
const read = (range: KeyRange): Operation => ({ kind: 'read', range });

function transaction(
  compare: readonly Compare[],
  then: readonly Operation[],
  otherwise: readonly Operation[] = [],
): Transaction {
  return { resource: '', compare, then, else: otherwise };
}

function areApart(...transactions: readonly Transaction[]): boolean {
  const ground = new Ground();
  return transactions.every((each) => claims(ground, each));
}

function claims(ground: Ground, each: Transaction): boolean {
  const footprint = footprintOf(each);
  return footprint !== undefined && ground.claim(footprint);
}

describe('footprints', () => {
  it('of transactions on different keys are apart', () => {
    const take = (name: string): Transaction =>
      transaction(
        [absent(exactly(`held/${name}`)), absent(prefixed(`queue/${name}/`))],
        [put(`held/${name}`)],
        [read(prefixed(`queue/${name}/`))],
      );
    expect(areApart(take('a'), take('b'), take('ab'))).to.equal(true);
  });

  it('that look at the same key, which neither writes, are apart', () => {
    const look = absent(exactly('ending/1'));
    expect(areApart(transaction([look], [put('a')]), transaction([look], [put('b')]))).to.equal(
      true,
    );
  });

  for (const [what, second] of [
    ['compares', transaction([absent(exactly('q/a/1'))], [put('b')])],
    ['compares in a range', transaction([absent(prefixed('q/a/'))], [put('b')])],
    ['compares in a wider range', transaction([absent(prefixed('q/'))], [put('b')])],
    ['reads', transaction([], [put('b')], [read(exactly('q/a/1'))])],
    ['writes', transaction([], [put('q/a/1')])],
    ['deletes', transaction([], [], [remove(exactly('q/a/1'))])],
    ['deletes with a range', transaction([], [remove(prefixed('q/a/'))])],
  ] as const) {
    it(`are not apart if one writes what the other ${what}`, () => {
      const first = transaction([], [put('q/a/1')]);
      expect(areApart(first, second)).to.equal(false);
      expect(areApart(second, first)).to.equal(false);
    });
  }

  it('are not apart if one deletes a range below which the other looks', () => {
    const first = transaction([], [remove(prefixed('config/'))]);
    const second = transaction([absent(prefixed('config/a/'))], [put('b')]);
    expect(areApart(first, second)).to.equal(false);
    expect(areApart(second, first)).to.equal(false);
  });

  it('do not exist for ranges that are not all below a path', () => {
    expect(footprintOf(transaction([], [put('a')], [read({ from: 'a', to: 'c' })]))).to.equal(
      undefined,
    );
    expect(footprintOf(transaction([], [put('a')], [read(prefixed('a/b'))]))).to.equal(undefined);
  });

  it('that are apart let the transactions run in any order, each as if it were alone', () => {
    fc.assert(
      fc.property(fc.array(anyTransaction(), { minLength: 2, maxLength: 12 }), (candidates) => {
        const ground = new Ground();
        const transactions = candidates.filter((each) => claims(ground, each));
        const inOrder = runAll(transactions);
        const reversed = runAll([...transactions].reverse());
        expect(reversed.state).to.deep.equal(inOrder.state);
        expect([...reversed.results].reverse()).to.deep.equal(inOrder.results);
        const alone = transactions.map((each) => runAll([each]).results[0]);
        expect(inOrder.results).to.deep.equal(alone);
      }),
      { numRuns: 500 },
    );
  });
});

const START: readonly Entry[] = ['a/1', 'a/b/1', 'c'].map((key) => ({
  key,
  value: key,
  createRevision: 1,
  modRevision: 1,
  version: 1,
}));

function anyTransaction(): fc.Arbitrary<Transaction> {
  const key = fc.constantFrom('a/1', 'a/2', 'a/b/1', 'a/b/2', 'c', 'd');
  const range = fc.oneof(
    key.map((from) => exactly(from)),
    fc.constantFrom('a/', 'a/b/').map((prefix) => prefixed(prefix)),
  );
  const changes = fc.oneof(
    fc.uniqueArray(key, { maxLength: 2 }).map((keys) => keys.map(put)),
    fc.uniqueArray(range.map(remove), { maxLength: 2 }),
  );
  const operations = fc
    .tuple(fc.array(range.map(read), { maxLength: 2 }), changes)
    .map(([reads, writes]) => [...writes, ...reads]);
  return fc
    .tuple(fc.array(range.map(absent), { maxLength: 2 }), operations, operations)
    .map(([compare, then, otherwise]) => transaction(compare, then, otherwise));
}

/** One after the other, all at the same revision, as etcd does with those of one request. */
function runAll(transactions: readonly Transaction[]): { state: unknown; results: unknown[] } {
  const state = new Map(START.map((entry) => [entry.key, entry]));
  const results = transactions.map((each) => {
    const { outcome, changes } = apply(stateOf(state.values()), each, 2, () => true);
    for (const change of changes) {
      if (change.kind === 'put') state.set(change.entry.key, change.entry);
      else state.delete(change.key);
    }
    return { succeeded: outcome.succeeded, results: outcome.results };
  });
  return { state: [...state.values()].sort((a, b) => (a.key < b.key ? -1 : 1)), results };
}
