import { expect } from 'chai';
import { SystemClock } from '../../src/clock/system-clock.js';
import { isFault } from '../../src/core/errors.js';
import { MAX_INT64, parseLeaseId } from '../../src/core/lease-id.js';
import { exactly, prefixed } from '../../src/store/store.js';
import { Recorder } from './recorder.js';
import { newLeaseId, rejection, type Subject } from './subject.js';

/** No engine is as late as that: on etcd about a second is usual; the machine may be busy. */
const LATE_MS = 6000;

export function leasesContract(subject: Subject): void {
  const clock = new SystemClock();

  describe('a lease', () => {
    it('is granted at least the TTL that was asked', async () => {
      expect(await subject.store.grant(newLeaseId(), 30)).to.be.at.least(30);
    });

    it('is granted the TTL that renewals give and that is found', async () => {
      for (const asked of [1, 30]) {
        const id = newLeaseId();
        const granted = await subject.store.grant(id, asked);
        if (!subject.store.mayGrantMore) expect(granted).to.equal(asked);
        expect(await subject.store.renew(id)).to.equal(granted);
        expect(await subject.store.inspectLease(id)).to.have.property('ttlSeconds', granted);
      }
    });

    it('that is granted again with the same id meets itself', async () => {
      const id = newLeaseId();
      const first = await subject.store.grant(id, 30);
      await subject.put('a', '', id);
      expect(await subject.store.grant(id, 30)).to.equal(first);
      const state = await subject.store.inspectLease(id, { keys: true });
      expect(state?.keys).to.deep.equal([subject.key('a')]);
    });

    it('does not get longer by being granted again', async () => {
      const id = newLeaseId();
      await subject.store.grant(id, 30);
      const error = await rejection(subject.store.grant(id, 60));
      expect(error).to.have.property('code', 'ALREADY_EXISTS');
      expect((await subject.store.inspectLease(id))?.ttlSeconds).to.be.below(60);
    });

    it('may be put to use while it is granted', async () => {
      const ids = Array.from({ length: 50 }, () => newLeaseId());
      // One alone, then a crowd.
      for (const group of [ids.slice(0, 1), ids.slice(1)]) {
        const keys = group.map((id) => subject.key(`fresh-${id}`));
        const grants = group.map((id) => subject.store.grant(id, 30));
        const puts = group.map((id) => subject.put(`fresh-${id}`, '', id));
        await Promise.all(puts);
        await Promise.all(grants);
        const states = group.map((id) => subject.store.inspectLease(id, { keys: true }));
        expect((await Promise.all(states)).map((state) => state?.keys)).to.deep.equal(
          keys.map((key) => [key]),
        );
      }
    });

    it('says of itself at most what was acknowledged, and after a revocation nothing', async () => {
      const id = newLeaseId();
      const untilMs = () => subject.store.acknowledged(id)?.untilMs ?? 0;
      await subject.store.grant(id, 30);
      expect(untilMs()).to.be.at.most(clock.now() + 30_000);
      const renewedMs = clock.now();
      await subject.store.renew(id);
      // Nothing at all, if `inspectLease` says as much.
      expect(untilMs()).to.satisfy((ms: number) => ms === 0 || ms >= renewedMs + 30_000);
      await subject.store.revoke(id);
      expect(untilMs()).to.equal(0);
    });

    it('may have the highest id there is', async () => {
      const id = parseLeaseId(MAX_INT64.toString());
      await subject.store.grant(id, 30);
      await subject.put('a', '', id);
      expect((await subject.get('a'))?.lease).to.equal(id);
      expect(await subject.store.renew(id)).to.be.at.least(30);
      expect(await subject.store.revoke(id)).to.equal(true);
    });

    it('tells its TTL, what is left and its keys', async () => {
      const id = await subject.grant(30);
      await subject.put('b', '', id);
      await subject.put('a', '', id);
      const state = await subject.store.inspectLease(id, { keys: true });
      expect(state?.ttlSeconds).to.be.at.least(30);
      expect(state?.remainingSeconds).to.be.within(15, state?.ttlSeconds ?? 0);
      expect([...(state?.keys ?? [])].sort()).to.deep.equal([subject.key('a'), subject.key('b')]);
    });

    it('tells no keys unless asked', async () => {
      const id = await subject.grant(30);
      await subject.put('a', '', id);
      expect((await subject.store.inspectLease(id))?.keys).to.deep.equal([]);
    });

    it('loses a key that is put without it, deleted, or put with another', async () => {
      const [id, other] = [await subject.grant(), await subject.grant()];
      for (const name of ['a', 'b', 'c', 'd']) await subject.put(name, '', id);
      await subject.put('a');
      await subject.delete('b');
      await subject.put('c', '', other);
      const state = await subject.store.inspectLease(id, { keys: true });
      expect(state?.keys).to.deep.equal([subject.key('d')]);
      await subject.store.revoke(id);
      expect(await subject.get('a')).not.to.have.property('lease');
      expect((await subject.get('c'))?.lease).to.equal(other);
    });

    it('that is unknown can be neither renewed, nor revoked, nor inspected', async () => {
      const id = newLeaseId();
      expect(await subject.store.renew(id)).to.equal(undefined);
      expect(await subject.store.revoke(id)).to.equal(false);
      expect(await subject.store.inspectLease(id)).to.equal(undefined);
    });

    context('when it is revoked', () => {
      it('takes its keys with it', async () => {
        const id = await subject.grant();
        await subject.put('a', '', id);
        await subject.put('b');
        expect(await subject.store.revoke(id)).to.equal(true);
        expect(await subject.get('a')).to.equal(undefined);
        expect(await subject.get('b')).not.to.equal(undefined);
      });

      it('has ended for good', async () => {
        const id = await subject.grant();
        await subject.store.revoke(id);
        expect(await subject.store.revoke(id)).to.equal(false);
        expect(await subject.store.renew(id)).to.equal(undefined);
        expect(await subject.store.inspectLease(id)).to.equal(undefined);
        const error = await rejection(subject.put('a', '', id));
        expect(isFault(error, 'NOT_FOUND')).to.equal(true);
      });

      it('deletes its keys at one revision, and a watch sees it', async () => {
        const id = await subject.grant();
        await subject.put('w/a', '', id);
        const { revision } = await subject.put('w/b', '', id);
        const recorder = new Recorder();
        const range = prefixed(subject.key('w/'));
        const watch = subject.store.watch(range, revision + 1, recorder);
        await subject.store.revoke(id);
        await recorder.until(() => recorder.all.length >= 2);
        watch.close();
        expect(recorder.batches).to.have.length(1);
        expect([...recorder.lines].sort()).to.deep.equal(['delete a', 'delete b']);
      });
    });

    context('when it is not renewed', () => {
      it('expires, not before its TTL and not much after, with its keys', async () => {
        const id = newLeaseId();
        const recorder = new Recorder();
        const watch = subject.store.watch(
          exactly(subject.key('a')),
          (await subject.revision()) + 1,
          recorder,
        );
        const startMs = clock.now();
        const ttlSeconds = await subject.store.grant(id, 1);
        await subject.put('a', 'v', id);
        await recorder.until(() => recorder.lines.includes('delete a'));
        const elapsedMs = clock.now() - startMs;
        watch.close();
        expect(elapsedMs).to.be.at.least(ttlSeconds * 1000);
        expect(elapsedMs).to.be.below(ttlSeconds * 1000 + LATE_MS);
        expect(await subject.get('a')).to.equal(undefined);
      });

      it('has ended for good', async () => {
        const id = newLeaseId();
        const recorder = new Recorder();
        const from = (await subject.revision()) + 1;
        const watch = subject.store.watch(exactly(subject.key('a')), from, recorder);
        await subject.store.grant(id, 1);
        await subject.put('a', 'v', id);
        await recorder.until(() => recorder.lines.includes('delete a'));
        watch.close();
        expect(await subject.store.renew(id)).to.equal(undefined);
        expect(await subject.store.inspectLease(id)).to.equal(undefined);
        expect(await subject.store.revoke(id)).to.equal(false);
      });
    });

    it('that is renewed lives for the full TTL from then', async () => {
      const id = newLeaseId();
      const recorder = new Recorder();
      const from = (await subject.revision()) + 1;
      const watch = subject.store.watch(exactly(subject.key('a')), from, recorder);
      const ttlSeconds = await subject.store.grant(id, 2);
      await subject.put('a', 'v', id);
      let renewedMs = 0;
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setTimeout(resolve, ttlSeconds * 500));
        renewedMs = clock.now();
        expect(await subject.store.renew(id)).to.equal(ttlSeconds);
      }
      await recorder.until(() => recorder.lines.includes('delete a'));
      watch.close();
      expect(clock.now() - renewedMs).to.be.at.least(ttlSeconds * 1000);
    });
  });
}
