import { expect } from 'chai';
import { isFault } from '../../src/core/errors.js';
import { exactly } from '../../src/store/store.js';
import { Recorder } from './recorder.js';
import { newLeaseId, put, rejection, type Factory, type Opened } from './subject.js';

export function closingContract(factory: Factory): void {
  describe('a store', () => {
    let opened: Opened;
    beforeEach(async () => {
      opened = await factory.open();
    });
    afterEach(() => opened.close());

    it('is ready while it is open', () => {
      expect(opened.store.health).to.deep.equal({ ready: true, detail: '' });
    });

    context('when it was closed', () => {
      it('refuses everything as unavailable', async () => {
        const { store } = opened;
        await store.close();
        const id = newLeaseId();
        const calls: [string, Promise<unknown>][] = [
          ['read', store.read({ range: exactly('/contract/closed') })],
          [
            'transact',
            store.transact({
              resource: 'r',
              compare: [],
              then: [put('/contract/closed')],
              else: [],
            }),
          ],
          ['grant', store.grant(id, 10)],
          ['renew', store.renew(id)],
          ['revoke', store.revoke(id)],
          ['inspectLease', store.inspectLease(id)],
        ];
        // Each has its handler before the first is awaited.
        const errors = await Promise.all(calls.map(([, call]) => rejection(call)));
        errors.forEach((error, i) => {
          expect(isFault(error, 'UNAVAILABLE'), calls[i]?.[0]).to.equal(true);
        });
      });

      it('has ended its watches', async () => {
        const recorder = new Recorder();
        const { revision } = await opened.store.read({ range: exactly('/contract/closed') });
        opened.store.watch(exactly('/contract/closed'), revision + 1, recorder);
        await opened.store.close();
        await recorder.until(() => recorder.ends.length >= 1);
        expect(recorder.ends).to.deep.equal([{ reason: 'closed' }]);
      });

      it('ends a new watch at once, or refuses it as unavailable', async () => {
        await opened.store.close();
        const recorder = new Recorder();
        try {
          opened.store.watch(exactly('/contract/closed'), 0, recorder);
        } catch (error) {
          expect(isFault(error, 'UNAVAILABLE')).to.equal(true);
          return;
        }
        await recorder.until(() => recorder.ends.length >= 1);
        expect(recorder.ends).to.deep.equal([{ reason: 'closed' }]);
      });

      it('may be closed again', async () => {
        await opened.store.close();
        await opened.store.close();
      });
    });

    it('that closes answers what is under way, or fails it as unavailable', async () => {
      const { store } = opened;
      const key = '/contract/closing';
      const writes = Array.from({ length: 50 }, (_, i) =>
        store.transact({ resource: key, compare: [], then: [put(key, `${i}`)], else: [] }),
      );
      const settled = Promise.allSettled(writes);
      await store.close();
      for (const result of await settled) {
        if (result.status === 'rejected') {
          expect(isFault(result.reason, 'UNAVAILABLE')).to.equal(true);
        }
      }
    });
  });
}
