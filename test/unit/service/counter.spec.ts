import { expect } from 'chai';
import type { AddRequest, Counter, CounterChange } from '../../../src/core/counter.js';
import { MAX_INT64 } from '../../../src/core/lease-id.js';
import type { Store } from '../../../src/store/store.js';
import { caller, faultOf, grantOf, serviceBench, startDaemon } from '../../support/services.js';

describe('CounterService', () => {
  const bench = serviceBench();

  const add = (
    delta: bigint | number,
    rest: Partial<AddRequest> = {},
    at = bench.daemon,
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
    bench.daemon.counters.set({
      name: 'c',
      value,
      expected: undefined,
      requestId: '',
      fence: undefined,
      ...rest,
    });
  const value = async (name = 'c'): Promise<bigint> =>
    (await bench.daemon.counters.get(name)).value;

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
      const counted = new CountingStore(bench.store);
      const other = startDaemon(counted.store, bench.clock);
      await Promise.all(Array.from({ length: 500 }, () => add(1, {}, other)));
      expect(counted.transactions).to.be.at.most(5);
      expect(await value()).to.equal(501n);
    });

    it('counts right through several daemons', async () => {
      const daemons = [
        bench.daemon,
        startDaemon(bench.store, bench.clock),
        startDaemon(bench.store, bench.clock),
      ];
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
      const other = startDaemon(bench.store, bench.clock);
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
      const other = startDaemon(bench.store, bench.clock);
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
      const grant = grantOf(await bench.acquire(lock, rest));
      await bench.store.revoke(grant.leaseId);
      return grant.fencingToken;
    };

    for (const mode of [{}, { mode: 'SHARED' as const }, { limit: 3 }]) {
      it(`lets a holder by ${JSON.stringify(mode)} write, and refuses it afterwards`, async () => {
        const grant = grantOf(await bench.acquire('l', mode));
        const fence = { lock: 'l', token: grant.fencingToken };
        expect(await add(1, { fence })).to.include({ value: 1n });
        await bench.store.revoke(grant.leaseId);
        const fault = await faultOf(add(1, { fence }));
        expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
        expect(await value()).to.equal(1n);
      });
    }

    it('refuses an old token though the lock is held again', async () => {
      const token = await stale('l');
      await bench.acquire('l');
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
      expect(await bench.daemon.counters.delete(request)).to.deep.equal({
        deleted: true,
        previous: 7n,
      });
      expect(await bench.daemon.counters.delete(request)).to.deep.equal({
        deleted: false,
        previous: 0n,
      });
      expect(await value()).to.equal(0n);
    });
  });

  it('lists counters by prefix and page', async () => {
    for (const name of ['a', 'a/b', 'ab', 'b', 'ключ']) await add(1, { name });
    const names: string[] = [];
    let pageToken = '';
    do {
      const page = await bench.daemon.counters.list({ prefix: 'a', pageSize: 2, pageToken });
      names.push(...page.counters.map((counter) => counter.name));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(names.sort()).to.deep.equal(['a', 'a/b', 'ab']);
  });

  it('tells a watcher the value and every change, and nothing of its neighbours', async () => {
    const gone = new AbortController();
    const stream = await bench.daemon.counters.watch(
      { name: 'c', fromRevision: 0 },
      caller(gone.signal),
    );
    const seen: Counter[] = [];
    const done = (async () => {
      for await (const counter of stream) seen.push(counter);
    })();
    for (let i = 0; i < 3; i++) {
      await add(1);
      await add(1, { name: 'cc' });
    }
    await bench.clock.advance(1);
    gone.abort();
    await done;
    expect(seen.map((counter) => counter.value)).to.deep.equal([0n, 1n, 2n, 3n]);
    const resumed = await bench.daemon.counters.watch(
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
