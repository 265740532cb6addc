import { expect } from 'chai';
import fc from 'fast-check';
import { apply, compareKeys, readState, stateOf } from '../../../src/store/apply.js';
import { EntryMap } from '../../../src/store/memory/entry-map.js';
import type { Entry, Operation, Transaction } from '../../../src/store/store.js';
import { NaiveStore } from './naive-store.js';

/** Few letters, so that keys meet; with some that UTF-16 would order wrongly. */
const key = fc
  .array(fc.constantFrom('a', 'b', '/', '\uffff', '\u{10000}'), { minLength: 1, maxLength: 3 })
  .map((letters) => letters.join(''));
const range = fc.oneof(
  key.map((from) => ({ from })),
  fc.tuple(key, key).map(([from, to]) => ({ from, to })),
);
const value = fc.constantFrom('', 'x', 'y');
const revision = fc.integer({ min: 0, max: 12 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key, value }),
  fc.record({ kind: fc.constant('delete' as const), range }),
  fc.record(
    {
      kind: fc.constant('read' as const),
      range,
      limit: fc.integer({ min: 0, max: 3 }),
      order: fc.constantFrom('key' as const, 'create' as const, 'create-desc' as const),
      minCreateRevision: revision,
      maxCreateRevision: revision,
      keysOnly: fc.boolean(),
      countOnly: fc.boolean(),
    },
    { requiredKeys: ['kind', 'range'] },
  ),
);
const compare = fc.oneof(
  fc.record({
    range,
    target: fc.constantFrom('create' as const, 'mod' as const, 'version' as const),
    is: fc.constantFrom('=' as const, '!=' as const, '<' as const, '>' as const),
    operand: revision,
  }),
  fc.record({
    range,
    target: fc.constant('value' as const),
    is: fc.constantFrom('=' as const, '!=' as const),
    operand: value,
  }),
  fc.record({
    range,
    target: fc.constant('lease' as const),
    is: fc.constantFrom('=' as const, '!=' as const),
    operand: fc.constant(undefined),
  }),
);
const transaction: fc.Arbitrary<Transaction> = fc.record({
  resource: fc.constant('r'),
  compare: fc.array(compare, { maxLength: 2 }),
  then: fc.array(operation, { maxLength: 4 }),
  else: fc.array(operation, { maxLength: 4 }),
});

describe('compareKeys', () => {
  it('orders as the bytes of UTF-8 do', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareKeys(a, b))).to.equal(expected);
      }),
      { numRuns: 5000 },
    );
  });

  it('puts a character above U+FFFF after U+FFFF', () => {
    expect(compareKeys('\u{10000}', '\uffff')).to.be.above(0);
    expect(compareKeys('\u{10000}', '\u{10ffff}')).to.be.below(0);
  });
});

describe('apply', () => {
  it('does what a naive store does, in any sequence of transactions', () => {
    fc.assert(
      fc.property(fc.array(transaction, { maxLength: 12 }), (transactions) => {
        const naive = new NaiveStore();
        const entries = new EntryMap();
        let now = 1;
        for (const each of transactions) {
          const expected = naive.transact(each);
          if (expected === undefined) {
            expect(() => apply(entries, each, now + 1, () => true)).to.throw(TypeError);
            continue;
          }
          const { outcome, changes } = apply(entries, each, now + 1, () => true);
          expect(outcome).to.deep.equal(expected);
          for (const change of changes) {
            if (change.kind === 'put') entries.set(change.entry);
            else entries.delete(change.key);
          }
          now = outcome.revision;
          expect([...entries.list({ from: '', to: '\u{10ffff}' })]).to.deep.equal(naive.all());
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves the state as it was', () => {
    const state = stateOf([entry('a')]);
    const { changes } = apply(
      state,
      {
        resource: 'r',
        compare: [],
        then: [
          { kind: 'delete', range: { from: 'a' } },
          { kind: 'put', key: 'b', value: '' },
        ],
        else: [],
      },
      7,
      () => true,
    );
    expect(changes.map((change) => change.kind)).to.deep.equal(['delete', 'put']);
    expect(state.get('a')).to.deep.equal(entry('a'));
    expect(state.get('b')).to.equal(undefined);
  });

  it('refuses more than 32 operations in either branch', () => {
    const reads = Array.from({ length: 33 }, () => ({
      kind: 'read' as const,
      range: { from: 'a' },
    }));
    const base = { resource: 'r', compare: [], then: [], else: [] };
    const state = stateOf([]);
    expect(() => apply(state, { ...base, then: reads }, 2, () => true)).to.throw(TypeError);
    expect(() => apply(state, { ...base, else: reads }, 2, () => true)).to.throw(TypeError);
  });

  it('refuses keys and values that UTF-8 can not keep', () => {
    for (const [name, text] of [
      ['', 'v'],
      ['\ud800', 'v'],
      ['k', '\udc00'],
    ] as const) {
      const then = [{ kind: 'put' as const, key: name, value: text }];
      const run = () =>
        apply(stateOf([]), { resource: 'r', compare: [], then, else: [] }, 2, () => true);
      expect(run).to.throw(TypeError);
    }
  });
});

describe('stateOf', () => {
  it('reads as the ordered map does', () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 20 }), range, (keys, span) => {
        const map = new EntryMap();
        for (const name of keys) map.set(entry(name));
        expect(readState(stateOf(keys.map(entry)), { range: span })).to.deep.equal(
          readState(map, { range: span }),
        );
      }),
    );
  });

  it('finds the first of many by their creation, whatever their order', () => {
    const revisions = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(revisions, fc.integer({ min: 1, max: 9 }), (created, limit) => {
        const entries = created.map((createRevision, index): Entry => {
          const name = `k${String(index).padStart(2, '0')}`;
          return { key: name, value: '', createRevision, modRevision: createRevision, version: 1 };
        });
        const sorted = [...entries].sort((a, b) => a.createRevision - b.createRevision);
        for (const [order, all] of [
          ['create', sorted],
          ['create-desc', [...sorted].reverse()],
        ] as const) {
          const read = readState(stateOf(entries), { range: { from: 'k', to: 'l' }, order, limit });
          expect(read.entries).to.deep.equal(all.slice(0, limit));
          expect(read.more).to.equal(true);
        }
      }),
    );
  });
});

function entry(name: string): Entry {
  return { key: name, value: 'v', createRevision: 2, modRevision: 3, version: 2 };
}
