import { expect } from 'chai';
import fc from 'fast-check';
import { decodeName, encodeName, keyLayout } from '../../../src/core/keys.js';
import { prefixed } from '../../../src/store/store.js';

const { lock, election } = keyLayout();
const names = fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => name.isWellFormed());

describe('keyLayout', () => {
  it('puts the lock where the original server puts it', () => {
    expect(lock.held('a/b c')).to.equal('/shared-lock/a/b c');
  });

  it('moves both roots with the prefix', () => {
    const layout = keyLayout('/team/locks/');
    expect(layout.lock.held('a')).to.equal('/team/locks/a');
    expect(layout.lock.queue('a')).to.equal('/team/locks.v1/queue/a/');
  });

  it('never lets one name reach into another', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        fc.pre(a !== b);
        const { leader, queue } = election;
        for (const prefix of [lock.shared, lock.permit, lock.queue, leader, queue]) {
          expect(prefix(b).startsWith(prefix(a))).to.equal(false);
        }
        expect(lock.holder(a)).not.to.equal(lock.holder(b));
      }),
    );
  });

  it('keeps an election apart from the lock of its name, and both keys of a leader together', () => {
    for (const part of ['held', 'holder', 'shared', 'permit', 'queue'] as const) {
      expect(election[part]('a').startsWith('/shared-lock.v1/election/'), part).to.equal(true);
      expect(lock[part]('a').startsWith('/shared-lock.v1/election/'), part).to.equal(false);
    }
    const prefix = election.leader('a');
    expect([election.held('a'), election.holder('a')].every((key) => key.startsWith(prefix)))
      .to //
      .equal(true);
  });

  it('reads back the names that it writes', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(decodeName(encodeName(name))).to.equal(name);
        expect(encodeName(name)).not.to.contain('/');
      }),
    );
  });
});

describe('prefixed', () => {
  it('holds exactly the keys that begin with the prefix, in the order of their bytes', () => {
    const texts = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(texts, texts, fc.boolean(), (prefix, other, extend) => {
        fc.pre(/[^\u{10ffff}]/u.test(prefix));
        const key = extend ? prefix + other : other;
        const { from, to } = prefixed(prefix);
        const bytes = Buffer.from(key);
        const inside =
          Buffer.compare(bytes, Buffer.from(from)) >= 0 &&
          Buffer.compare(bytes, Buffer.from(to ?? '')) < 0;
        expect(inside).to.equal(key.startsWith(prefix));
      }),
      { numRuns: 2000 },
    );
  });
});
