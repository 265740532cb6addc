import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type {
  AddRequest,
  Counter,
  CounterChange,
  IncreaseExclusiveOutcome,
} from '../../../src/core/counter.js';
import { MAX_INT64 } from '../../../src/core/lease-id.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import {
  acquireRequest,
  caller,
  faultOf,
  grantOf,
  memoryStore,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';

describe('CounterService', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let daemon: TestDaemon;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    daemon = startDaemon(store, clock);
  });

  afterEach(async () => {
    await store.close();
  });

  const add = (
    delta: bigint | number,
    rest: Partial<AddRequest> = {},
    at = daemon,
  ): Promise<CounterChange> =>
    at.counters.add({
      name: 'c',
      delta: BigInt(delta),
      min: undefined,
      max: undefined,
      requestId: '',
      fence: undefined,
      ...rest,
    });
  const set = (value: bigint, rest = {}): Promise<CounterChange> =>
    daemon.counters.set({
      name: 'c',
      value,
      expected: undefined,
      requestId: '',
      fence: undefined,
      ...rest,
    });
  const value = async (name = 'c'): Promise<bigint> => (await daemon.counters.get(name)).value;

  describe('add', () => {
    it('begins at 0, and says what was before and after', async () => {
      expect(await value()).to.equal(0n);
      expect(await add(5)).to.include({ previous: 0n, value: 5n });
      expect(await add(-7)).to.include({ previous: 5n, value: -2n });
      expect(await value()).to.equal(-2n);
    });

    it('gives each of many concurrent callers values of its own', async () => {
      const changes = await Promise.all(Array.from({ length: 500 }, () => add(1)));
      expect(new Set(changes.map((change) => change.value)).size).to.equal(500);
      expect(changes.every((change) => change.value === change.previous + 1n)).to.equal(true);
      expect(await value()).to.equal(500n);
    });

    it('merges those that come at the same time into few transactions', async () => {
      await add(1);
      const counted = new CountingStore(store);
      const other = startDaemon(counted.store, clock);
      await Promise.all(Array.from({ length: 500 }, () => add(1, {}, other)));
      expect(counted.transactions).to.be.at.most(5);
      expect(await value()).to.equal(501n);
    });

    it('counts right through several daemons', async () => {
      const daemons = [daemon, startDaemon(store, clock), startDaemon(store, clock)];
      const changes = await Promise.all(
        Array.from({ length: 300 }, (_, i) => add(1, {}, daemons[i % 3])),
      );
      expect(new Set(changes.map((change) => change.value)).size).to.equal(300);
      expect(await value()).to.equal(300n);
    });

    it('refuses what leaves 64 bits, and does not wrap', async () => {
      await set(MAX_INT64);
      expect(await faultOf(add(1))).to.have.property('code', 'OUT_OF_RANGE');
      expect(await value()).to.equal(MAX_INT64);
    });

    it('refuses what leaves the bounds, and lets those behind it pass', async () => {
      const [first, second, third] = await Promise.allSettled([
        add(5, { max: 6n }),
        add(5, { max: 6n }),
        add(1, { max: 6n }),
      ]);
      expect([first.status, second.status, third.status]).to.deep.equal([
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(await value()).to.equal(6n);
    });

    it('refuses by what the counter is, not by what this daemon remembers', async () => {
      const other = startDaemon(store, clock);
      await add(5);
      await add(-5, {}, other);
      expect(await add(5, { max: 5n })).to.include({ previous: 0n, value: 5n });
    });

    it('refuses bounds that leave no value', async () => {
      expect(await faultOf(add(1, { min: 2n, max: 1n }))).to.have.nested.property(
        'details.field',
        'max',
      );
    });

    it('counts a request id once, at whichever daemon', async () => {
      const other = startDaemon(store, clock);
      const [first, second] = await Promise.all([
        add(3, { requestId: 'r' }),
        add(3, { requestId: 'r' }, other),
      ]);
      expect(first).to.deep.equal(second);
      expect(await add(3, { requestId: 'r' })).to.deep.equal(first);
      expect(await value()).to.equal(3n);
      expect(await faultOf(add(4, { requestId: 'r' }))).to.have.property('code', 'ALREADY_EXISTS');
    });

    it('counts twins in one batch once', async () => {
      const twins = await Promise.all(Array.from({ length: 5 }, () => add(1, { requestId: 'r' })));
      expect(new Set(twins.map((twin) => twin.value)).size).to.equal(1);
      expect(await value()).to.equal(1n);
    });

    it('counts many request ids at once, each once', async () => {
      const ids = Array.from({ length: 200 }, (_, i) => `r${i}`);
      await Promise.all([...ids, ...ids].map((requestId) => add(1, { requestId })));
      expect(await value()).to.equal(200n);
    });
  });

  describe('a fence', () => {
    const stale = async (lock: string, rest = {}): Promise<number> => {
      const grant = grantOf(await daemon.locks.acquire(acquireRequest(lock, rest), caller()));
      await store.revoke(grant.leaseId);
      return grant.fencingToken;
    };

    for (const mode of [{}, { mode: 'SHARED' as const }, { limit: 3 }]) {
      it(`lets a holder by ${JSON.stringify(mode)} write, and refuses it afterwards`, async () => {
        const grant = grantOf(await daemon.locks.acquire(acquireRequest('l', mode), caller()));
        const fence = { lock: 'l', token: grant.fencingToken };
        expect(await add(1, { fence })).to.include({ value: 1n });
        await store.revoke(grant.leaseId);
        const fault = await faultOf(add(1, { fence }));
        expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
        expect(await value()).to.equal(1n);
      });
    }

    it('refuses an old token though the lock is held again', async () => {
      const token = await stale('l');
      await daemon.locks.acquire(acquireRequest('l'), caller());
      expect(await faultOf(add(1, { fence: { lock: 'l', token } }))).to.have.nested.property(
        'details.reason',
        'STALE_TOKEN',
      );
    });

    it('stops one writer, not the others of its batch', async () => {
      const token = await stale('l');
      const results = await Promise.allSettled([
        add(1),
        add(10, { fence: { lock: 'l', token } }),
        add(100),
      ]);
      expect(results.map((result) => result.status)).to.deep.equal([
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(await value()).to.equal(101n);
    });
  });

  describe('set and delete', () => {
    it('sets from any value, or from the expected one only', async () => {
      expect(await set(7n)).to.include({ previous: 0n, value: 7n });
      expect(await set(8n, { expected: 7n })).to.include({ previous: 7n, value: 8n });
      expect(await faultOf(set(9n, { expected: 7n }))).to.have.property(
        'code',
        'FAILED_PRECONDITION',
      );
      expect(await value()).to.equal(8n);
    });

    it('deletes, and says whether there was something', async () => {
      await set(7n);
      const request = { name: 'c', expected: undefined, requestId: '', fence: undefined };
      expect(await daemon.counters.delete(request)).to.deep.equal({ deleted: true, previous: 7n });
      expect(await daemon.counters.delete(request)).to.deep.equal({ deleted: false, previous: 0n });
      expect(await value()).to.equal(0n);
    });
  });

  it('lists counters by prefix and page', async () => {
    for (const name of ['a', 'a/b', 'ab', 'b', 'ключ']) await add(1, { name });
    const names: string[] = [];
    let pageToken = '';
    do {
      const page = await daemon.counters.list({ prefix: 'a', pageSize: 2, pageToken });
      names.push(...page.counters.map((counter) => counter.name));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(names.sort()).to.deep.equal(['a', 'a/b', 'ab']);
  });

  it('tells a watcher the value and every change, and nothing of its neighbours', async () => {
    const gone = new AbortController();
    const stream = await daemon.counters.watch({ name: 'c', fromRevision: 0 }, caller(gone.signal));
    const seen: Counter[] = [];
    const done = (async () => {
      for await (const counter of stream) seen.push(counter);
    })();
    for (let i = 0; i < 3; i++) {
      await add(1);
      await add(1, { name: 'cc' });
    }
    await clock.advance(1);
    gone.abort();
    await done;
    expect(seen.map((counter) => counter.value)).to.deep.equal([0n, 1n, 2n, 3n]);
    const resumed = await daemon.counters.watch(
      { name: 'c', fromRevision: seen[1]?.revision ?? 0 },
      caller(),
    );
    for await (const counter of resumed) {
      expect(counter.value).to.equal(2n);
      break;
    }
  });

  it('takes __proto__ and constructor as ordinary names', async () => {
    for (const name of ['__proto__', 'constructor']) {
      expect(await add(1, { name })).to.include({ value: 1n });
    }
    expect(Object.hasOwn(Object.prototype, 'value')).to.equal(false);
  });

  describe('increaseExclusive', () => {
    const increase = (
      holdMs: number,
      rest = {},
      by = caller(),
    ): Promise<IncreaseExclusiveOutcome> =>
      daemon.counters.increaseExclusive(
        { name: 'c', holdMs, lock: 'l', ttlMs: 5000, owner: '', ...rest },
        by,
      );

    it('adds one after the work, and frees the lock', async () => {
      const increased = increase(3000);
      await clock.advance(2999);
      expect(await value()).to.equal(0n);
      await clock.advance(1);
      expect(await increased).to.include({ acquired: true, value: 1n, previous: 0n });
      expect((await daemon.locks.get('l')).holderCount).to.equal(0);
    });

    it('answers at once if the lock is in use', async () => {
      const first = increase(3000);
      await clock.advance(1);
      expect(await increase(3000)).to.have.property('acquired', false);
      await clock.advance(3000);
      await first;
      expect(await value()).to.equal(1n);
    });

    it('answers when the lock expires if the work takes longer, and counts nothing', async () => {
      const late = faultOf(increase(60_000));
      await clock.advance(5000);
      expect(await late).to.have.nested.property('details.reason', 'LOCK_EXPIRED');
      await clock.advance(60_000);
      expect(await value()).to.equal(0n);
      expect((await daemon.locks.get('l')).holderCount).to.equal(0);
    });

    it('counts nothing if the lock went to somebody else meanwhile', async () => {
      const robbed = faultOf(increase(3000));
      await clock.advance(1000);
      await daemon.locks.forceRelease({
        name: 'l',
        reason: 'test',
        fencingToken: 0,
        requestId: '',
      });
      await daemon.locks.acquire(acquireRequest('l', { ttlMs: 60_000 }), caller());
      await clock.advance(2000);
      expect(await robbed).to.have.nested.property('details.reason', 'LOCK_EXPIRED');
      expect(await value()).to.equal(0n);
      expect((await daemon.locks.get('l')).holderCount).to.equal(1);
    });

    it('frees the lock of a caller that goes away', async () => {
      const gone = new AbortController();
      const left = faultOf(increase(3000, {}, caller(gone.signal)));
      await clock.advance(1000);
      gone.abort();
      expect(await left).to.have.property('code', 'CANCELLED');
      expect((await daemon.locks.get('l')).holderCount).to.equal(0);
    });

    it("takes the counter's name for the lock's if none is given", async () => {
      const increased = increase(1000, { lock: '' });
      await clock.advance(1);
      expect((await daemon.locks.get('c')).holderCount).to.equal(1);
      await clock.advance(1000);
      await increased;
    });
  });
});

/** A store that counts the transactions that go through it. */
class CountingStore {
  transactions = 0;
  readonly store: Store;

  constructor(inner: Store) {
    this.store = new Proxy(inner, {
      get: (target, property) => {
        if (property === 'transact') this.transactions++;
        const member: unknown = Reflect.get(target, property);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
  }
}
