import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { isFault } from '../../../src/core/errors.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { absent, exactly, prefixed, type Outcome } from '../../../src/store/store.js';
import { Recorder } from '../../contract/recorder.js';
import { newLeaseId, put, rejection } from '../../contract/subject.js';
import { until } from '../../support/until.js';

describe('MemoryStore', () => {
  let clock: VirtualClock;
  let store: MemoryStore;
  beforeEach(() => {
    clock = new VirtualClock();
    store = new MemoryStore({ clock, historyEvents: 10 });
  });
  afterEach(() => store.close());

  const write = (key: string, lease?: LeaseId): Promise<Outcome> =>
    store.transact({ resource: key, compare: [], then: [put(key, 'v', lease)], else: [] });
  const exists = async (key: string): Promise<boolean> =>
    (await store.read({ range: exactly(key) })).count === 1;
  const leased = async (ttlSeconds: number, key = 'k'): Promise<LeaseId> => {
    const id = newLeaseId();
    await store.grant(id, ttlSeconds);
    await write(key, id);
    return id;
  };

  it('is at revision 1 before the first write', async () => {
    expect((await store.read({ range: exactly('k') })).revision).to.equal(1);
    expect((await write('k')).revision).to.equal(2);
  });

  it('does not raise the revision for a transaction that changes nothing', async () => {
    await write('k');
    const none = { resource: 'r', compare: [absent(exactly('k'))], then: [put('k')] };
    const outcome = await store.transact({
      ...none,
      else: [{ kind: 'delete', range: exactly('other') }],
    });
    expect(outcome).to.include({ succeeded: false, revision: 2 });
    expect((await store.read({ range: exactly('k') })).revision).to.equal(2);
  });

  context('when time passes', () => {
    it('ends a lease at its TTL, and not a millisecond earlier', async () => {
      await leased(10);
      await clock.advance(9999);
      expect(await exists('k')).to.equal(true);
      await clock.advance(1);
      expect(await exists('k')).to.equal(false);
    });

    it('ends many that are due at once in pieces, and all of them', async () => {
      const busy = new MemoryStore({ clock: new SystemClock() });
      const ids = Array.from({ length: 1000 }, newLeaseId);
      await Promise.all(ids.map((id) => busy.grant(id, 1)));
      const write = (id: LeaseId): Promise<Outcome> =>
        busy.transact({ resource: id, compare: [], then: [put(`k/${id}`, 'v', id)], else: [] });
      await Promise.all(ids.map(write));
      let [inThisTurn, most, all] = [0, 0, 0];
      const events = (_revision: number, { length }: readonly unknown[]): void => {
        if (inThisTurn === 0) setImmediate(() => (inThisTurn = 0));
        inThisTurn += length;
        most = Math.max(most, inThisTurn);
        all += length;
      };
      busy.watch(prefixed('k/'), 'now', { events, ended: () => undefined });
      await until('all have ended', () => all === ids.length);
      expect(most).to.be.below(ids.length);
      await busy.close();
    });

    it('ends it by its own timer, without anybody asking', async () => {
      await leased(10);
      const recorder = new Recorder();
      store.watch(exactly('k'), 'now', recorder);
      await clock.advance(10_000);
      expect(recorder.lines).to.deep.equal(['delete k']);
    });

    it('grants a fraction of a second rounded up', async () => {
      expect(await store.grant(newLeaseId(), 1.2)).to.equal(2);
    });

    it('counts from the last renewal', async () => {
      const id = await leased(10);
      await clock.advance(9000);
      expect(await store.renew(id)).to.equal(10);
      await clock.advance(9999);
      expect(await exists('k')).to.equal(true);
      await clock.advance(1);
      expect(await exists('k')).to.equal(false);
    });

    it('counts from a second grant of the same id', async () => {
      const id = await leased(10);
      await clock.advance(9000);
      await store.grant(id, 10);
      await clock.advance(9999);
      expect(await exists('k')).to.equal(true);
    });

    it('refuses a second grant that asks for more than the first', async () => {
      const id = await leased(10);
      const error = await rejection(store.grant(id, 11));
      expect(isFault(error, 'ALREADY_EXISTS')).to.equal(true);
    });

    it('tells what is left', async () => {
      const id = await leased(10);
      await clock.advance(4000);
      expect((await store.inspectLease(id))?.remainingSeconds).to.equal(6);
    });

    it('ends many leases in the order of their deadlines, each in a write of its own', async () => {
      for (const [key, ttlSeconds] of [
        ['c', 3],
        ['a', 1],
        ['b', 2],
        ['d', 1],
      ] as const) {
        await leased(ttlSeconds, key);
      }
      const recorder = new Recorder();
      store.watch(prefixed('a'), 'now', recorder);
      const all = new Recorder();
      store.watch({ from: 'a', to: 'z' }, 'now', all);
      await clock.advance(3000);
      expect(all.lines).to.deep.equal(['delete a', 'delete d', 'delete b', 'delete c']);
      expect(all.batches).to.have.length(4);
    });

    it('keeps renewed leases among others that end', async () => {
      const ids = await Promise.all(Array.from({ length: 50 }, (_, i) => leased(5, `k${i}`)));
      for (let second = 0; second < 20; second++) {
        await clock.advance(1000);
        const renewals = ids.filter((_, i) => i % 2 === 0).map((id) => store.renew(id));
        expect(await Promise.all(renewals)).not.to.include(undefined);
      }
      const { count } = await store.read({ range: { from: 'k', to: 'l' } });
      expect(count).to.equal(25);
    });
  });

  context('when the process was stopped beyond the end of a lease', () => {
    const overdue = async (): Promise<LeaseId> => {
      const id = await leased(10);
      // The clock moves on, and no timer fires: requests that waited come first.
      void clock.stall(10_000);
      return id;
    };

    it('does not renew it', async () => {
      const id = await overdue();
      expect(await store.renew(id)).to.equal(undefined);
      expect(await exists('k')).to.equal(false);
    });

    it('attaches no key to it', async () => {
      const id = await overdue();
      expect(isFault(await rejection(write('x', id)), 'NOT_FOUND')).to.equal(true);
    });

    it('does not know it any more', async () => {
      const id = await overdue();
      expect(await store.inspectLease(id)).to.equal(undefined);
      expect(await store.revoke(id)).to.equal(false);
    });
  });

  context('when more has happened than it keeps', () => {
    it('ends a watch from before that, and delivers all to one from after', async () => {
      for (let i = 0; i < 15; i++) await write(`k${i}`);
      const early = new Recorder();
      store.watch({ from: 'k', to: 'l' }, 6, early);
      const late = new Recorder();
      store.watch({ from: 'k', to: 'l' }, 7, late);
      await late.until(() => late.all.length >= 10);
      expect(early.ends).to.deep.equal([{ reason: 'compacted', compactRevision: 6 }]);
      expect(late.batches.map((batch) => batch.revision)).to.deep.equal([
        7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
      ]);
    });

    it('keeps no more of large values either', async () => {
      const small = new MemoryStore({ clock, historyCharacters: 100 });
      const value = 'v'.repeat(39);
      for (let i = 0; i < 9; i++) {
        const then = [{ kind: 'put', key: 'k', value }] as const;
        await small.transact({ resource: 'k', compare: [], then, else: [] });
      }
      const early = new Recorder();
      small.watch(exactly('k'), 8, early);
      const late = new Recorder();
      small.watch(exactly('k'), 9, late);
      await late.until(() => late.all.length >= 2);
      expect(early.ends).to.deep.equal([{ reason: 'compacted', compactRevision: 8 }]);
      await small.close();
    });

    it('keeps the last revision even if that alone is more', async () => {
      const then = Array.from({ length: 20 }, (_, i) => put(`k${i}`));
      await store.transact({ resource: 'r', compare: [], then, else: [] });
      const recorder = new Recorder();
      store.watch({ from: 'k', to: 'l' }, 2, recorder);
      await recorder.until(() => recorder.batches.length >= 1);
      expect(recorder.all).to.have.length(20);
    });
  });

  context('when its data may take only so much memory', () => {
    const limited = (bytes: number): MemoryStore =>
      new MemoryStore({ clock, dataLimit: { bytes, hint: 'raise THE_SETTING' } });
    const change = (on: MemoryStore, value: string, frees = false): Promise<Outcome> => {
      const then = [{ kind: 'put', key: 'k', value }] as const;
      return on.transact({ resource: 'k', frees, compare: [], then, else: [] });
    };

    it('refuses what needs more, and says what it holds and which setting raises that', async () => {
      const full = limited(10_000);
      await change(full, 'v'.repeat(9000));
      const fault = await rejection(change(full, 'v'.repeat(10_000)));
      expect(fault).to.include({ code: 'RESOURCE_EXHAUSTED' });
      expect(fault).to.have.nested.property('details.reason', 'STORE_FULL');
      expect(fault)
        .to.have.property('message')
        .that.matches(/holds 9\d+ .* 10000: .* THE_SETTING/);
      expect(full.health.ready).to.equal(true);
      await full.close();
    });

    it('takes what makes it no larger, what frees, and what was refused once there is room', async () => {
      const full = limited(2000);
      const value = 'v'.repeat(1400);
      await change(full, value);
      const id = newLeaseId();
      expect(await rejection(full.grant(id, 10))).to.include({ code: 'RESOURCE_EXHAUSTED' });
      await change(full, value.replaceAll('v', 'w'));
      await full.grant(id, 10, { frees: true });
      await change(full, `${value} and why`, true);
      expect(await full.renew(id)).to.equal(10);
      await change(full, 'short');
      await full.grant(newLeaseId(), 10);
      await full.close();
    });

    it('counts two bytes for each character of a text that has one beyond Latin-1', async () => {
      const full = limited(2000);
      expect(await rejection(change(full, `${'v'.repeat(1000)}\u4e00`))).to.include({
        code: 'RESOURCE_EXHAUSTED',
      });
      await change(full, 'v'.repeat(1001));
      await full.close();
    });

    it('counts as much after all was written and deleted again as before', async () => {
      const full = limited(1500);
      for (let round = 0; round < 3; round++) {
        const id = newLeaseId();
        await full.grant(id, 10);
        const then = [put('k', 'v'.repeat(300), id)];
        await full.transact({ resource: 'k', compare: [], then, else: [] });
        await full.revoke(id);
      }
      await full.close();
    });
  });

  it('delivers what comes next to a watch from 0', async () => {
    await write('k');
    const recorder = new Recorder();
    store.watch(exactly('k'), 0, recorder);
    await write('k');
    await recorder.until(() => recorder.all.length >= 1);
    expect(recorder.batches.map((batch) => batch.revision)).to.deep.equal([3]);
  });

  it('does not deliver what was on its way when a watch was closed', async () => {
    const recorder = new Recorder();
    const watch = store.watch(exactly('k'), 'now', recorder);
    const written = write('k');
    watch.close();
    await written;
    await clock.advance(0);
    expect([recorder.all, recorder.startedAt]).to.deep.equal([[], []]);
  });

  it('tells who listens when its health changes', async () => {
    const seen: boolean[] = [];
    store.onHealthChange((health) => seen.push(health.ready));
    await store.close();
    expect(seen).to.deep.equal([false]);
    expect(store.health.detail).not.to.equal('');
  });
});
