import { expect } from 'chai';
import { absent, exactly } from '../../src/store/store.js';
import { put, type Subject } from './subject.js';

export function revisionsContract(subject: Subject): void {
  describe('the revision', () => {
    it('is raised by one by each transaction that writes', async () => {
      const first = await subject.put('a');
      const second = await subject.put('b');
      expect(second.revision).to.equal(first.revision + 1);
    });

    it('is raised once by a transaction with many writes', async () => {
      const { revision } = await subject.put('a');
      const outcome = await subject.run(put(subject.key('b')), put(subject.key('c')), {
        kind: 'delete',
        range: exactly(subject.key('a')),
      });
      expect(outcome.revision).to.equal(revision + 1);
      expect((await subject.get('c'))?.createRevision).to.equal(revision + 1);
    });

    it('is not raised by a read', async () => {
      const { revision } = await subject.put('a');
      expect(await subject.revision()).to.equal(revision);
      const outcome = await subject.run({ kind: 'read', range: exactly(subject.key('a')) });
      expect(outcome.revision).to.equal(revision);
      expect(await subject.revision()).to.equal(revision);
    });

    it('that a branch without writes answers with is the one it read at', async () => {
      const { revision } = await subject.put('a');
      const transaction = {
        resource: subject.key(),
        compare: [absent(exactly(subject.key('a')))],
        then: [put(subject.key('a'))],
        else: [{ kind: 'read' as const, range: exactly(subject.key('a')) }],
      };
      const outcome = await subject.store.transact(transaction);
      expect(outcome).to.include({ succeeded: false, revision });
      // An engine may have written something of its own besides; whoever watches from there misses nothing.
      expect(await subject.revision()).to.be.at.least(revision);
    });

    it('is not lower in a read than in a write before it', async () => {
      for (let i = 0; i < 20; i++) {
        const { revision } = await subject.put('a');
        expect(await subject.revision()).to.be.at.least(revision);
      }
    });

    context('of a key', () => {
      it('stays the same for its creation, and changes with each put', async () => {
        const first = await subject.put('a');
        const second = await subject.put('a');
        expect(await subject.get('a')).to.include({
          createRevision: first.revision,
          modRevision: second.revision,
          version: 2,
        });
      });

      it('is higher after it was deleted and created again', async () => {
        const first = await subject.put('a');
        await subject.delete('a');
        const second = await subject.put('a');
        const entry = await subject.get('a');
        expect(entry).to.include({ createRevision: second.revision, version: 1 });
        expect(second.revision).to.be.above(first.revision);
      });
    });
  });
}
