import { expect } from 'chai';
import { exactly, prefixed, type Revision, type Watch } from '../../src/store/store.js';
import { Recorder } from './recorder.js';
import { put, type Subject } from './subject.js';

export function watchesContract(subject: Subject): void {
  describe('a watch', () => {
    let open: Watch[] = [];
    afterEach(() => {
      for (const watch of open) watch.close();
      open = [];
    });
    const watch = (from: Revision | 'now', range = prefixed(subject.key('w/'))): Recorder => {
      const recorder = new Recorder();
      open.push(subject.store.watch(range, from, recorder));
      return recorder;
    };

    it('delivers every put and deletion in order', async () => {
      const recorder = watch((await subject.revision()) + 1);
      await subject.put('w/a', '1');
      await subject.put('w/b', '2');
      await subject.put('w/a', '3');
      await subject.delete('w/b');
      await recorder.until(() => recorder.all.length >= 4);
      expect(recorder.lines).to.deep.equal(['put a=1', 'put b=2', 'put a=3', 'delete b']);
    });

    it('delivers whole entries, and the revision of each batch', async () => {
      const lease = await subject.grant();
      const recorder = watch((await subject.revision()) + 1);
      const { revision } = await subject.put('w/a', 'v', lease);
      await recorder.until(() => recorder.batches.length >= 1);
      const entry = {
        key: subject.key('w/a'),
        value: 'v',
        createRevision: revision,
        modRevision: revision,
        version: 1,
        lease,
      };
      expect(recorder.batches).to.deep.equal([{ revision, events: [{ kind: 'put', entry }] }]);
    });

    it('says what a deleted key was', async () => {
      const lease = await subject.grant();
      await subject.put('w/a', 'v', lease);
      const before = await subject.get('w/a');
      const recorder = watch((await subject.revision()) + 1);
      await subject.delete('w/a');
      await recorder.until(() => recorder.all.length >= 1);
      expect(recorder.all).to.deep.equal([
        { kind: 'delete', key: subject.key('w/a'), previous: before },
      ]);
    });

    it('delivers the events of one transaction in one batch', async () => {
      await subject.put('w/old');
      const recorder = watch((await subject.revision()) + 1);
      const outcome = await subject.run(
        put(subject.key('w/a')),
        { kind: 'delete', range: exactly(subject.key('w/old')) },
        put(subject.key('w/b')),
      );
      await subject.put('w/end');
      await recorder.until(() => recorder.lines.includes('put end='));
      expect(recorder.batches.map((batch) => batch.events.length)).to.deep.equal([3, 1]);
      expect(recorder.batches[0]?.revision).to.equal(outcome.revision);
    });

    it('of a key sees nothing of others', async () => {
      const from = (await subject.revision()) + 1;
      const recorder = watch(from, exactly(subject.key('w/a')));
      await subject.put('w/ab');
      await subject.put('w/');
      await subject.put('w/a');
      await recorder.until(() => recorder.all.length >= 1);
      expect(recorder.lines).to.deep.equal(['put a=']);
    });

    it('of a prefix sees nothing that only begins alike', async () => {
      const recorder = watch((await subject.revision()) + 1, prefixed(subject.key('w/a/')));
      await subject.put('w/ab');
      await subject.put('w/a');
      await subject.put('w/a/b');
      await recorder.until(() => recorder.all.length >= 1);
      expect(recorder.lines).to.deep.equal(['put b=']);
    });

    it('leaves out the events of a transaction that are not in its range', async () => {
      const recorder = watch((await subject.revision()) + 1);
      await subject.run(put(subject.key('x')), put(subject.key('w/a')));
      await recorder.until(() => recorder.all.length >= 1);
      expect(recorder.lines).to.deep.equal(['put a=']);
    });

    it('from a revision in the past delivers what happened since, then what happens', async () => {
      await subject.put('w/before');
      const { revision } = await subject.put('w/a', '1');
      await subject.put('w/a', '2');
      const recorder = watch(revision);
      await subject.put('w/a', '3');
      await recorder.until(() => recorder.all.length >= 3);
      expect(recorder.lines).to.deep.equal(['put a=1', 'put a=2', 'put a=3']);
    });

    it('from the revision after a read misses nothing', async () => {
      const { revision } = await subject.store.read({ range: prefixed(subject.key('w/')) });
      await subject.put('w/between');
      const recorder = watch(revision + 1);
      await recorder.until(() => recorder.all.length >= 1);
      expect(recorder.lines).to.deep.equal(['put between=']);
    });

    it('from a revision to come waits for that', async () => {
      const { revision } = await subject.put('w/a', '0');
      const recorder = watch(revision + 2);
      await subject.put('w/a', '1');
      await subject.put('w/a', '2');
      await recorder.until(() => recorder.all.length >= 1);
      expect(recorder.lines).to.deep.equal(['put a=2']);
    });

    it('from now tells when it has started, before all events, and misses nothing after that', async () => {
      await subject.put('w/before');
      const recorder = watch('now');
      await recorder.until(() => recorder.startedAt.length >= 1);
      const { revision } = await subject.put('w/a', '1');
      await subject.put('w/a', '2');
      await recorder.until(() => recorder.all.length >= 2);
      expect(recorder.lines).to.deep.equal(['put a=1', 'put a=2']);
      expect(recorder.startedAt).to.have.length(1);
      expect(recorder.startedAt[0]).to.be.below(revision);
    });

    it('from now delivers each event after the revision that it tells', async () => {
      const recorder = watch('now');
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, i) => subject.put('w/a', `${i}`)),
      );
      await recorder.until(() => recorder.startedAt.length >= 1);
      const { revision: last } = await subject.put('w/a', 'last');
      await recorder.until(() => recorder.lines.includes('put a=last'));
      const expected = [...outcomes.map((outcome) => outcome.revision), last]
        .filter((revision) => revision > (recorder.startedAt[0] ?? Infinity))
        .sort((a, b) => a - b);
      expect(recorder.batches.map((batch) => batch.revision)).to.deep.equal(expected);
    });

    it('from a revision does not tell when it has started', async () => {
      const { revision } = await subject.put('w/a');
      const recorder = watch(revision);
      await recorder.until(() => recorder.all.length >= 1);
      expect(recorder.startedAt).to.deep.equal([]);
    });

    it('from a revision that is compacted ends, and says from where it could begin', async () => {
      const first = await subject.put('w/a', '1');
      await subject.put('w/a', '2');
      const last = await subject.put('w/a', '3');
      await subject.compact(last.revision);
      const recorder = watch(first.revision);
      await recorder.until(() => recorder.ends.length >= 1);
      expect(recorder.all).to.deep.equal([]);
      const [end] = recorder.ends;
      expect(end?.reason).to.equal('compacted');
      const lost = end?.reason === 'compacted' ? end.compactRevision : 0;
      expect(lost).to.be.within(first.revision, last.revision);
      const again = watch(last.revision + 1);
      await subject.put('w/a', '4');
      await again.until(() => again.all.length >= 1);
      expect(again.lines).to.deep.equal(['put a=4']);
    });

    it('does not call before it has returned', async () => {
      const { revision } = await subject.put('w/a');
      let returned = false;
      let early = false;
      const recorder = new Recorder();
      const handle = subject.store.watch(prefixed(subject.key('w/')), revision, {
        events: (at, events) => {
          early ||= !returned;
          recorder.events(at, events);
        },
        ended: (end) => {
          recorder.ended(end);
        },
      });
      returned = true;
      open.push(handle);
      await recorder.until(() => recorder.all.length >= 1);
      expect(early).to.equal(false);
    });

    it('that is closed is not called again', async () => {
      const from = (await subject.revision()) + 1;
      const closed = watch(from);
      const other = watch(from);
      await subject.put('w/a', '1');
      await closed.until(() => closed.all.length >= 1);
      open[0]?.close();
      open[0]?.close();
      await subject.put('w/a', '2');
      await other.until(() => other.all.length >= 2);
      expect(closed.lines).to.deep.equal(['put a=1']);
      expect(closed.ends).to.deep.equal([]);
    });

    it('is not interrupted while the store is well, nor by its end', async () => {
      const recorder = watch('now');
      const other = watch('now');
      await recorder.until(() => recorder.startedAt.length >= 1);
      for (let i = 0; i < 20; i++) await subject.put('w/a', `${i}`);
      await recorder.until(() => recorder.all.length >= 20);
      open[1]?.close();
      await subject.compact((await subject.revision()) - 1);
      await subject.put('w/a', 'last');
      await recorder.until(() => recorder.lines.includes('put a=last'));
      expect([recorder.interruptions, other.interruptions]).to.deep.equal([0, 0]);
    });

    it('is one of many', async () => {
      const from = (await subject.revision()) + 1;
      const recorders = Array.from({ length: 200 }, (_, i) =>
        watch(from, exactly(subject.key(`w/${i}`))),
      );
      await Promise.all(recorders.map((_, i) => subject.put(`w/${i}`, 'v')));
      await Promise.all(recorders.map((one) => one.until(() => one.all.length >= 1)));
      expect(recorders.map((one) => one.lines)).to.deep.equal(
        recorders.map((_, i) => [`put ${i}=v`]),
      );
    });

    it('is told all, and each once, whichever revision others of the same range begin with', async () => {
      const revisions: Revision[] = [];
      const put = async (): Promise<Revision> => {
        const { revision } = await subject.put('w/a');
        revisions.push(revision);
        return revision;
      };
      const recorders: { readonly from: Revision; readonly recorder: Recorder }[] = [];
      for (let i = 0; i < 40; i++) {
        const now = await put();
        const past = revisions[Math.floor(i / 2)] ?? now;
        for (const from of [past, now, now + (i % 3)]) {
          recorders.push({ from, recorder: watch(from) });
        }
        if (i % 4 === 0) {
          const goesAway = watch(past);
          await goesAway.until(() => goesAway.all.length >= 1);
          open.pop()?.close();
        }
      }
      for (let i = 0; i < 3; i++) await put();
      const last = revisions.at(-1);
      for (const { from, recorder } of recorders) {
        await recorder.until(() => recorder.batches.at(-1)?.revision === last);
        const told = recorder.batches.map(({ revision }) => revision);
        expect(told, `from ${from}`).to.deep.equal(revisions.filter((at) => at >= from));
      }
    });

    it('delivers hundreds of concurrent writes once each, in order of revision', async () => {
      const recorder = watch((await subject.revision()) + 1);
      await Promise.all(Array.from({ length: 300 }, (_, i) => subject.put(`w/${i % 50}`, `${i}`)));
      await recorder.until(() => recorder.all.length >= 300);
      const revisions = recorder.batches.map((batch) => batch.revision);
      expect(revisions).to.deep.equal([...revisions].sort((a, b) => a - b));
      expect(new Set(recorder.lines).size).to.equal(300);
      expect(recorder.all.length).to.equal(300);
    });
  });
}
