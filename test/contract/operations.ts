import { expect } from 'chai';
import { isFault } from '../../src/core/errors.js';
import { absent, exactly, prefixed, readAt } from '../../src/store/store.js';
import { keysOf, newLeaseId, put, rejection, type Subject } from './subject.js';

export function operationsContract(subject: Subject): void {
  describe('a transaction', () => {
    it('runs `then` if its conditions are true, and says so', async () => {
      const key = subject.key('a');
      const outcome = await subject.store.transact({
        resource: key,
        compare: [absent(exactly(key))],
        then: [put(key, 'then')],
        else: [put(key, 'else')],
      });
      expect(outcome.succeeded).to.equal(true);
      expect(outcome.results).to.deep.equal([{ kind: 'put' }]);
      expect((await subject.get('a'))?.value).to.equal('then');
    });

    it('runs `else` if not', async () => {
      const key = subject.key('a');
      await subject.put('a', 'before');
      const outcome = await subject.store.transact({
        resource: key,
        compare: [absent(exactly(key))],
        then: [put(key, 'then')],
        else: [put(key, 'else'), { kind: 'read', range: exactly(key) }],
      });
      expect(outcome.succeeded).to.equal(false);
      expect(readAt(outcome, 1).entries[0]?.value).to.equal('else');
    });

    it('gives one result for each operation, in order', async () => {
      await subject.put('a');
      const outcome = await subject.run(
        { kind: 'read', range: exactly(subject.key('a')) },
        put(subject.key('b')),
        { kind: 'delete', range: exactly(subject.key('a')) },
      );
      expect(outcome.results.map((result) => result.kind)).to.deep.equal(['read', 'put', 'delete']);
      expect(outcome.results[2]).to.deep.equal({ kind: 'delete', deleted: 1 });
    });

    it('lets a read see what was put and deleted before it, and not what comes after', async () => {
      await subject.put('r/a');
      const range = prefixed(subject.key('r/'));
      const outcome = await subject.run(
        { kind: 'read', range },
        put(subject.key('r/b')),
        { kind: 'read', range },
        { kind: 'delete', range: exactly(subject.key('r/a')) },
        { kind: 'read', range },
      );
      const [a, b] = [subject.key('r/a'), subject.key('r/b')];
      expect(keysOf(readAt(outcome, 0))).to.deep.equal([a]);
      expect(keysOf(readAt(outcome, 2))).to.deep.equal([a, b]);
      expect(keysOf(readAt(outcome, 4))).to.deep.equal([b]);
      expect(readAt(outcome, 4).count).to.equal(1);
    });

    it('reads its own put with the revision and version that it gets', async () => {
      const outcome = await subject.run(put(subject.key('a'), 'v'), {
        kind: 'read',
        range: exactly(subject.key('a')),
      });
      expect(readAt(outcome, 1).entries).to.deep.equal([
        {
          key: subject.key('a'),
          value: 'v',
          createRevision: outcome.revision,
          modRevision: outcome.revision,
          version: 1,
        },
      ]);
    });

    it('deletes a range, and says how many', async () => {
      for (const name of ['r/a', 'r/b', 'r/c', 's/a']) await subject.put(name);
      const outcome = await subject.run({ kind: 'delete', range: prefixed(subject.key('r/')) });
      expect(outcome.results).to.deep.equal([{ kind: 'delete', deleted: 3 }]);
      expect(await subject.get('r/b')).to.equal(undefined);
      expect(await subject.get('s/a')).not.to.equal(undefined);
    });

    it('deletes once what two ranges cover', async () => {
      await subject.put('r/a');
      const outcome = await subject.run(
        { kind: 'delete', range: exactly(subject.key('r/a')) },
        { kind: 'delete', range: prefixed(subject.key('r/')) },
      );
      expect(outcome.results).to.deep.equal([
        { kind: 'delete', deleted: 1 },
        { kind: 'delete', deleted: 0 },
      ]);
    });

    it('takes 32 operations', async () => {
      const puts = Array.from({ length: 32 }, (_, i) => put(subject.key(`p/${i}`)));
      await subject.run(...puts);
      const { count } = await subject.store.read({ range: prefixed(subject.key('p/')) });
      expect(count).to.equal(32);
    });

    it('refuses to put a key twice, and applies nothing', async () => {
      const error = await rejection(
        subject.run(put(subject.key('x')), put(subject.key('a'), '1'), put(subject.key('a'), '2')),
      );
      expect(error).to.be.an('error');
      expect(await subject.get('x')).to.equal(undefined);
    });

    it('refuses to put and delete a key, and applies nothing', async () => {
      const error = await rejection(
        subject.run(put(subject.key('r/a')), {
          kind: 'delete',
          range: prefixed(subject.key('r/')),
        }),
      );
      expect(error).to.be.an('error');
      expect(await subject.get('r/a')).to.equal(undefined);
    });

    it('with a lease that has ended is refused, and nothing is applied', async () => {
      const lease = await subject.grant();
      await subject.store.revoke(lease);
      for (const ended of [lease, newLeaseId()]) {
        const error = await rejection(
          subject.run(put(subject.key('x')), put(subject.key('a'), '', ended)),
        );
        expect(isFault(error, 'NOT_FOUND') && error.details.reason).to.equal('LEASE_NOT_FOUND');
      }
      expect(await subject.get('x')).to.equal(undefined);
      expect(await subject.get('a')).to.equal(undefined);
    });

    it('does not mind an ended lease in the branch that does not run', async () => {
      const outcome = await subject.store.transact({
        resource: subject.key(),
        compare: [],
        then: [put(subject.key('a'))],
        else: [put(subject.key('a'), '', newLeaseId())],
      });
      expect(outcome.succeeded).to.equal(true);
    });
  });
}
