import { expect } from 'chai';
import { absent, createdAt, exactly, prefixed, type Compare } from '../../src/store/store.js';
import type { Subject } from './subject.js';

type Numeric = 'create' | 'mod' | 'version';

export function comparesContract(subject: Subject): void {
  describe('a compare', () => {
    for (const target of ['create', 'mod', 'version'] as const) {
      context(`of ${target}`, () => {
        const compare = (is: '=' | '!=' | '<' | '>', operand: number): Compare => ({
          range: exactly(subject.key('a')),
          target,
          is,
          operand,
        });

        it('with = is true of the very number', async () => {
          const actual = await twicePut(subject, target);
          expect(await subject.holds(compare('=', actual))).to.equal(true);
          expect(await subject.holds(compare('=', actual + 1))).to.equal(false);
        });

        it('with != is true of any other', async () => {
          const actual = await twicePut(subject, target);
          expect(await subject.holds(compare('!=', actual))).to.equal(false);
          expect(await subject.holds(compare('!=', actual - 1))).to.equal(true);
        });

        it('with < is true if the number is below the operand', async () => {
          const actual = await twicePut(subject, target);
          expect(await subject.holds(compare('<', actual))).to.equal(false);
          expect(await subject.holds(compare('<', actual + 1))).to.equal(true);
        });

        it('with > is true if the number is above the operand', async () => {
          const actual = await twicePut(subject, target);
          expect(await subject.holds(compare('>', actual))).to.equal(false);
          expect(await subject.holds(compare('>', actual - 1))).to.equal(true);
        });

        it('takes an absent key for 0', async () => {
          expect(await subject.holds(compare('=', 0))).to.equal(true);
          expect(await subject.holds(compare('!=', 0))).to.equal(false);
          expect(await subject.holds(compare('<', 1))).to.equal(true);
          expect(await subject.holds(compare('>', 0))).to.equal(false);
        });
      });
    }

    context('of a value', () => {
      const compare = (is: '=' | '!=', operand: string): Compare => ({
        range: exactly(subject.key('a')),
        target: 'value',
        is,
        operand,
      });

      it('tells equal from different', async () => {
        await subject.put('a', 'x');
        expect(await subject.holds(compare('=', 'x'))).to.equal(true);
        expect(await subject.holds(compare('=', 'y'))).to.equal(false);
        expect(await subject.holds(compare('!=', 'y'))).to.equal(true);
        expect(await subject.holds(compare('!=', 'x'))).to.equal(false);
      });

      it('finds an empty value equal to an empty one', async () => {
        await subject.put('a', '');
        expect(await subject.holds(compare('=', ''))).to.equal(true);
      });

      it('is never true of an absent key', async () => {
        expect(await subject.holds(compare('=', ''))).to.equal(false);
        expect(await subject.holds(compare('!=', 'x'))).to.equal(false);
      });
    });

    context('of a lease', () => {
      it('tells the lease, another and none apart', async () => {
        const [mine, other] = [await subject.grant(), await subject.grant()];
        await subject.put('a', '', mine);
        const range = exactly(subject.key('a'));
        expect(await subject.holds({ range, target: 'lease', is: '=', operand: mine })).to.equal(
          true,
        );
        expect(await subject.holds({ range, target: 'lease', is: '=', operand: other })).to.equal(
          false,
        );
        expect(await subject.holds({ range, target: 'lease', is: '!=', operand: other })).to.equal(
          true,
        );
        expect(
          await subject.holds({ range, target: 'lease', is: '=', operand: undefined }),
        ).to.equal(false);
      });

      it('takes a key without one, and an absent key, for none', async () => {
        await subject.put('a');
        for (const name of ['a', 'b']) {
          const range = exactly(subject.key(name));
          const compare = { range, target: 'lease', operand: undefined } as const;
          expect(await subject.holds({ ...compare, is: '=' }), name).to.equal(true);
          expect(await subject.holds({ ...compare, is: '!=' }), name).to.equal(false);
        }
      });
    });

    context('of a range', () => {
      it('must be true of every key', async () => {
        await subject.put('r/a', 'x');
        await subject.put('r/b', 'x');
        const range = prefixed(subject.key('r/'));
        const same: Compare = { range, target: 'value', is: '=', operand: 'x' };
        expect(await subject.holds(same)).to.equal(true);
        await subject.put('r/c', 'y');
        expect(await subject.holds(same)).to.equal(false);
      });

      it('finds whether any key was created before one of them', async () => {
        const first = await subject.put('r/a');
        const second = await subject.put('r/b');
        const range = prefixed(subject.key('r/'));
        const noneBefore = (operand: number): Compare => ({
          range,
          target: 'create',
          is: '>',
          operand: operand - 1,
        });
        expect(await subject.holds(noneBefore(first.revision))).to.equal(true);
        expect(await subject.holds(noneBefore(second.revision))).to.equal(false);
      });

      it('that is empty is one absent key', async () => {
        const range = prefixed(subject.key('none/'));
        expect(await subject.holds(absent(range))).to.equal(true);
        expect(await subject.holds({ range, target: 'mod', is: '>', operand: 0 })).to.equal(false);
        expect(await subject.holds({ range, target: 'value', is: '!=', operand: 'x' })).to.equal(
          false,
        );
        expect(
          await subject.holds({ range, target: 'lease', is: '=', operand: undefined }),
        ).to.equal(true);
      });

      it('that has a key is not absent', async () => {
        await subject.put('r/a');
        expect(await subject.holds(absent(prefixed(subject.key('r/'))))).to.equal(false);
      });
    });

    it('is one of several that must all be true', async () => {
      const { revision } = await subject.put('a');
      const right = createdAt(subject.key('a'), revision);
      const wrong = createdAt(subject.key('a'), revision + 1);
      expect(await subject.holds(right, absent(exactly(subject.key('b'))))).to.equal(true);
      expect(await subject.holds(right, wrong)).to.equal(false);
      expect(await subject.holds()).to.equal(true);
    });
  });
}

/** Puts the key twice, so that its numbers differ. @returns the one that is asked for. */
async function twicePut(subject: Subject, target: Numeric): Promise<number> {
  const first = await subject.put('a');
  const second = await subject.put('a');
  return { create: first.revision, mod: second.revision, version: 2 }[target];
}
