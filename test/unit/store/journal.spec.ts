import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Fault, isFault } from '../../../src/core/errors.js';
import type { Change, Journal, Snapshot } from '../../../src/store/memory/journal.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { exactly, type Outcome } from '../../../src/store/store.js';
import { Recorder } from '../../contract/recorder.js';
import { newLeaseId, put, rejection } from '../../contract/subject.js';

/** A journal whose flushes end when the test says so. */
class ManualJournal implements Journal {
  readonly flushes: {
    readonly changes: readonly Change[];
    readonly frees: boolean;
    readonly end: (e?: Error) => void;
  }[] = [];
  snapshot: Snapshot = { revision: 1, entries: [], leases: [] };
  closed = false;

  load(): Snapshot {
    return this.snapshot;
  }

  append(changes: readonly Change[], _revision: number, frees: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      this.flushes.push({ changes, frees, end });
    });
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

const FULL = new Fault('RESOURCE_EXHAUSTED', 'no space left');

describe('MemoryStore with a journal', () => {
  let journal: ManualJournal;
  let clock: VirtualClock;
  let store: MemoryStore;
  beforeEach(() => {
    journal = new ManualJournal();
    clock = new VirtualClock();
    store = new MemoryStore({ clock, journal, pendingWrites: 5 });
  });

  const write = (key: string): Promise<Outcome> =>
    store.transact({ resource: key, compare: [], then: [put(key)], else: [] });
  const read = (key: string): Promise<number> =>
    store.read({ range: exactly(key) }).then((result) => result.count);
  const settle = (): Promise<void> => clock.advance(0);
  /** What has settled by now. */
  const states = async (promises: readonly Promise<unknown>[]): Promise<string[]> => {
    const found = promises.map(() => 'waits');
    promises.forEach((promise, i) => {
      promise.then(
        () => (found[i] = 'done'),
        () => (found[i] = 'failed'),
      );
    });
    await settle();
    return found;
  };
  const flush = async (at: number, error?: Error): Promise<void> => {
    await settle();
    journal.flushes[at]?.end(error);
    await settle();
  };

  context('while a write is not durable', () => {
    it('answers neither it nor a read that could have seen it', async () => {
      const waiting = [write('k'), read('k'), read('other')];
      expect(await states(waiting)).to.deep.equal(['waits', 'waits', 'waits']);
      await flush(0);
      expect(await states(waiting)).to.deep.equal(['done', 'done', 'done']);
    });

    it('lets the next transaction see it', async () => {
      void write('k');
      const count = read('k');
      await flush(0);
      expect(await count).to.equal(1);
    });

    it('shows no event of it', async () => {
      const recorder = new Recorder();
      store.watch(exactly('k'), 1, recorder);
      void write('k');
      await settle();
      expect(recorder.all).to.deep.equal([]);
      await flush(0);
      expect(recorder.lines).to.deep.equal(['put k=']);
    });

    it('does not say that a lease has ended whose end is that write', async () => {
      const id = newLeaseId();
      const granted = store.grant(id, 10);
      await flush(0);
      await granted;
      const revoked = store.revoke(id);
      await settle();
      const dead = store.transact({
        resource: 'k',
        compare: [],
        then: [put('k', '', id)],
        else: [],
      });
      const waiting = [revoked, store.renew(id), store.inspectLease(id), store.revoke(id), dead];
      expect(await states(waiting)).to.deep.equal(['waits', 'waits', 'waits', 'waits', 'waits']);
      await flush(1);
      expect(await states(waiting)).to.deep.equal(['done', 'done', 'done', 'done', 'failed']);
    });
  });

  it('counts the TTL of a grant from its acknowledgement', async () => {
    const id = newLeaseId();
    const granted = store.grant(id, 10);
    await clock.advance(60_000);
    await flush(0);
    await granted;
    await clock.advance(9999);
    expect(await store.renew(id)).to.equal(10);
  });

  it('renews without the journal', async () => {
    const id = newLeaseId();
    const granted = store.grant(id, 10);
    await flush(0);
    await granted;
    expect(await store.renew(id)).to.equal(10);
    expect(journal.flushes).to.have.length(1);
  });

  it('takes all writes that come during a flush to the next one', async () => {
    const first = write('a');
    await settle();
    const rest = [write('b'), write('c'), write('d')];
    await flush(0);
    expect(await states([first, ...rest])).to.deep.equal(['done', 'waits', 'waits', 'waits']);
    expect(journal.flushes[1]?.changes).to.have.length(3);
    await flush(1);
    expect(await states(rest)).to.deep.equal(['done', 'done', 'done']);
  });

  it('refuses writes above its bound, and reads still', async () => {
    void write('first');
    await settle();
    const waiting = Array.from({ length: 5 }, (_, i) => write(`k${i}`));
    const error = await rejection(write('one-too-many'));
    expect(isFault(error, 'RESOURCE_EXHAUSTED')).to.equal(true);
    const count = read('one-too-many');
    await flush(0);
    await flush(1);
    await Promise.all(waiting);
    expect(await count).to.equal(0);
  });

  context('when the journal has no space', () => {
    const fill = async (): Promise<unknown[]> => {
      const granted = store.grant(newLeaseId(), 10);
      await flush(0);
      await granted;
      const failing = [write('a'), read('a')];
      await settle();
      failing.push(write('b'));
      const errors = Promise.all(failing.map((promise) => rejection(promise)));
      await flush(1, FULL);
      return errors;
    };

    it('fails the writes, what saw them and what came behind them', async () => {
      for (const error of await fill()) {
        expect(isFault(error, 'RESOURCE_EXHAUSTED')).to.equal(true);
      }
    });

    it('goes back to what the journal has', async () => {
      journal.snapshot = {
        revision: 1,
        entries: [{ key: 'old', value: '', createRevision: 1, modRevision: 1, version: 1 }],
        leases: [],
      };
      await fill();
      expect(await read('a')).to.equal(0);
      expect(await read('b')).to.equal(0);
      expect(await read('old')).to.equal(1);
    });

    it('shows no event of what failed', async () => {
      const recorder = new Recorder();
      store.watch({ from: 'a', to: 'z' }, 1, recorder);
      await fill();
      expect(recorder.all).to.deep.equal([]);
    });

    it('is not ready, refuses puts at once, and takes deletions', async () => {
      journal.snapshot = {
        revision: 1,
        entries: [{ key: 'old', value: '', createRevision: 1, modRevision: 1, version: 1 }],
        leases: [],
      };
      await fill();
      expect(store.health).to.deep.equal({ ready: false, detail: 'no space left' });
      expect(isFault(await rejection(write('c')), 'RESOURCE_EXHAUSTED')).to.equal(true);
      const deletion = store.transact({
        resource: 'old',
        compare: [],
        then: [{ kind: 'delete', range: exactly('old') }],
        else: [],
      });
      await flush(2);
      expect((await deletion).revision).to.equal(2);
    });

    context('with what frees in the same flush', () => {
      const OLD = { key: 'old', value: '', createRevision: 1, modRevision: 1, version: 1 };
      const remove = (frees?: boolean): Promise<Outcome> =>
        store.transact({
          resource: 'old',
          ...(frees === undefined ? {} : { frees }),
          compare: [],
          then: [
            { kind: 'delete', range: exactly('old') },
            ...(frees === undefined ? [] : [put('record')]),
          ],
          else: [],
        });
      const load = (): void => {
        journal.snapshot = { revision: 1, entries: [OLD], leases: [] };
        store = new MemoryStore({ clock, journal, pendingWrites: 5 });
      };

      it('tries that again alone, and fails only the rest', async () => {
        load();
        const refused = rejection(write('a'));
        const deletion = remove();
        await flush(0, FULL);
        expect(isFault(await refused, 'RESOURCE_EXHAUSTED')).to.equal(true);
        expect(journal.flushes.map(({ frees }) => frees)).to.deep.equal([false, true]);
        await flush(1);
        expect((await deletion).results).to.deep.equal([{ kind: 'delete', deleted: 1 }]);
      });

      it('takes the records that belong to it', async () => {
        load();
        const refused = rejection(write('a'));
        const deletion = remove(true);
        await flush(0, FULL);
        await refused;
        await flush(1);
        expect((await deletion).succeeded).to.equal(true);
        expect(await read('record')).to.equal(1);
      });

      it('fails that too if there is no space even for it', async () => {
        load();
        const failing = [rejection(write('a')), rejection(remove())];
        await flush(0, FULL);
        await flush(1, FULL);
        for (const error of await Promise.all(failing)) {
          expect(isFault(error, 'RESOURCE_EXHAUSTED')).to.equal(true);
        }
        expect(journal.flushes).to.have.length(2);
      });
    });

    it('ends leases that are due no oftener than it looks for space, if not even that works', async () => {
      const lease = newLeaseId();
      journal.snapshot = { revision: 1, entries: [], leases: [{ id: lease, ttlSeconds: 5 }] };
      store = new MemoryStore({ clock, journal });
      await clock.advance(5000);
      await flush(0, FULL);
      await clock.advance(900);
      expect(journal.flushes).to.have.length(1);
      await clock.advance(100);
      // One looks for space.
      await flush(1);
      await flush(2);
      const later = journal.flushes.slice(1).flatMap(({ changes }) => changes);
      expect(later).to.deep.equal([{ kind: 'end', lease }]);
      expect(await store.inspectLease(lease)).to.equal(undefined);
    });

    it('looks for space in a flush of its own', async () => {
      await fill();
      const granted = store.grant(newLeaseId(), 10, { frees: true });
      await clock.advance(1000);
      expect(journal.flushes.map(({ changes }) => changes.length)).to.deep.equal([1, 1, 1]);
      await flush(2);
      await granted;
      expect(store.health.ready).to.equal(false);
      await clock.advance(1000);
      await flush(3);
      expect(store.health.ready).to.equal(true);
    });

    it('tries again by itself, and goes on once there is space', async () => {
      await fill();
      await clock.advance(1000);
      expect(journal.flushes).to.have.length(3);
      await flush(2, FULL);
      expect(store.health.ready).to.equal(false);
      await clock.advance(1000);
      await flush(3);
      expect(store.health.ready).to.equal(true);
      const again = write('c');
      await flush(4);
      expect((await again).succeeded).to.equal(true);
    });
  });

  context('when the journal fails in any other way', () => {
    const fail = async (): Promise<unknown> => {
      const error = rejection(write('a'));
      await flush(0, new Error('Input/output error'));
      return error;
    };

    it('fails what waits as unavailable', async () => {
      expect(isFault(await fail(), 'UNAVAILABLE')).to.equal(true);
    });

    it('serves nothing any more, and says why', async () => {
      await fail();
      expect(store.health.ready).to.equal(false);
      expect(store.health.detail).to.contain('Input/output error');
      expect(isFault(await rejection(read('a')), 'UNAVAILABLE')).to.equal(true);
      expect(isFault(await rejection(store.grant(newLeaseId(), 1)), 'UNAVAILABLE')).to.equal(true);
    });

    it('ends its watches', async () => {
      const recorder = new Recorder();
      store.watch(exactly('a'), 1, recorder);
      await fail();
      expect(recorder.ends).to.deep.equal([{ reason: 'closed' }]);
    });

    it('never tries again', async () => {
      await fail();
      await clock.advance(60_000);
      expect(journal.flushes).to.have.length(1);
    });
  });

  it('makes durable what was applied when it is closed, and then closes the journal', async () => {
    const last = write('k');
    const closing = store.close();
    await settle();
    expect(journal.closed).to.equal(false);
    await flush(0);
    await closing;
    expect((await last).succeeded).to.equal(true);
    expect(journal.closed).to.equal(true);
  });
});
