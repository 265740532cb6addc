import { expect } from 'chai';
import { exactly, prefixed, type Read } from '../../src/store/store.js';
import { keysOf, type Subject } from './subject.js';

export function readsContract(subject: Subject): void {
  describe('a read', () => {
    const names = (result: { readonly entries: readonly { readonly key: string }[] }): string[] =>
      result.entries.map((entry) => entry.key.slice(subject.key('r/').length));
    const read = (options: Omit<Read, 'kind' | 'range'> = {}) =>
      subject.store.read({ range: prefixed(subject.key('r/')), ...options });

    it('of an absent key has no entries', async () => {
      const result = await subject.store.read({ range: exactly(subject.key('a')) });
      expect(result).to.include({ kind: 'read', count: 0, more: false });
      expect(result.entries).to.deep.equal([]);
    });

    it('gives an entry with all that is known of it', async () => {
      const lease = await subject.grant();
      const first = await subject.put('a', 'one');
      const second = await subject.put('a', 'two', lease);
      expect(await subject.get('a')).to.deep.equal({
        key: subject.key('a'),
        value: 'two',
        createRevision: first.revision,
        modRevision: second.revision,
        version: 2,
        lease,
      });
    });

    it('begins with `from` and ends before `to`', async () => {
      for (const name of ['r/a', 'r/b', 'r/c']) await subject.put(name);
      const result = await subject.store.read({
        range: { from: subject.key('r/a'), to: subject.key('r/c') },
      });
      expect(names(result)).to.deep.equal(['a', 'b']);
    });

    it('of a range that ends before it begins is empty', async () => {
      await subject.put('r/b');
      const result = await subject.store.read({
        range: { from: subject.key('r/c'), to: subject.key('r/a') },
      });
      expect(result.count).to.equal(0);
    });

    it('is in the order of the keys', async () => {
      for (const name of ['r/c', 'r/a', 'r/b']) await subject.put(name);
      expect(names(await read())).to.deep.equal(['a', 'b', 'c']);
    });

    it('is in the order of creation if asked', async () => {
      for (const name of ['r/c', 'r/a', 'r/b', 'r/c']) await subject.put(name);
      expect(names(await read({ order: 'create' }))).to.deep.equal(['c', 'a', 'b']);
    });

    it('orders keys that were created together by key', async () => {
      await subject.run(
        { kind: 'put', key: subject.key('r/c'), value: '' },
        { kind: 'put', key: subject.key('r/a'), value: '' },
        { kind: 'put', key: subject.key('r/b'), value: '' },
      );
      expect(names(await read({ order: 'create' }))).to.deep.equal(['a', 'b', 'c']);
    });

    it('is newest first if asked, and cut after that', async () => {
      for (const name of ['r/c', 'r/a', 'r/b', 'r/c']) await subject.put(name);
      expect(names(await read({ order: 'create-desc' }))).to.deep.equal(['b', 'a', 'c']);
      const cut = await read({ order: 'create-desc', limit: 2 });
      expect(names(cut)).to.deep.equal(['b', 'a']);
      expect(cut.more).to.equal(true);
    });

    it('is cut at the limit, and says that there is more', async () => {
      for (const name of ['r/a', 'r/b', 'r/c']) await subject.put(name);
      const cut = await read({ limit: 2 });
      expect(names(cut)).to.deep.equal(['a', 'b']);
      expect(cut).to.include({ count: 3, more: true });
      expect(await read({ limit: 3 })).to.include({ count: 3, more: false });
      expect((await read({ limit: 0 })).entries).to.have.length(3);
    });

    it('cuts after it has ordered by creation', async () => {
      for (const name of ['r/c', 'r/b', 'r/a']) await subject.put(name);
      const cut = await read({ limit: 1, order: 'create' });
      expect(names(cut)).to.deep.equal(['c']);
      expect(cut.more).to.equal(true);
    });

    it('cuts what was created together by key', async () => {
      // In no order of their own.
      const nameOf = (n: number): string => `r/${String((n * 37) % 101).padStart(3, '0')}`;
      for (let first = 0; first < 60; first += 12) {
        const together = Array.from({ length: 12 }, (_, n) => nameOf(first + n));
        await subject.run(
          ...together.map((name) => ({ kind: 'put' as const, key: subject.key(name), value: '' })),
        );
      }
      for (const order of ['create', 'create-desc'] as const) {
        const all = names(await read({ order }));
        expect(all).to.have.length(60);
        for (const limit of [1, 5, 12, 13, 30, 59]) {
          const cut = await read({ order, limit });
          expect(names(cut), `${order} ${limit}`).to.deep.equal(all.slice(0, limit));
          expect(cut).to.include({ count: 60, more: true });
        }
        const all60 = await read({ order, limit: 60 });
        expect(all60).to.include({ count: 60, more: false });
      }
    });

    it('leaves out what was created before or after the bounds, and counts it', async () => {
      await subject.put('r/a');
      const { revision } = await subject.put('r/b');
      await subject.put('r/c');
      const since = await read({ minCreateRevision: revision });
      expect(names(since)).to.deep.equal(['b', 'c']);
      expect(since.count).to.equal(3);
      expect(names(await read({ maxCreateRevision: revision }))).to.deep.equal(['a', 'b']);
      const only = await read({ minCreateRevision: revision, maxCreateRevision: revision });
      expect(names(only)).to.deep.equal(['b']);
    });

    it('applies the limit to what the bounds have left', async () => {
      await subject.put('r/a');
      const { revision } = await subject.put('r/b');
      await subject.put('r/c');
      const cut = await read({ minCreateRevision: revision, limit: 1 });
      expect(names(cut)).to.deep.equal(['b']);
      expect(cut).to.include({ count: 3, more: true });
      expect((await read({ minCreateRevision: revision, limit: 2 })).more).to.equal(false);
    });

    it('leaves out the values if asked', async () => {
      await subject.put('r/a', 'v');
      const result = await read({ keysOnly: true });
      expect(keysOf(result)).to.deep.equal([subject.key('r/a')]);
      expect(result.entries[0]?.value).to.equal('');
    });

    it('only counts if asked', async () => {
      for (const name of ['r/a', 'r/b']) await subject.put(name);
      const result = await read({ countOnly: true });
      expect(result).to.include({ count: 2, more: false });
      expect(result.entries).to.deep.equal([]);
    });
  });
}
