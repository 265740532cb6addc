import { expect } from 'chai';
import {
  faultOf,
  grantOf,
  keysBelow,
  serviceBench,
  session,
  UNKNOWN_LEASE,
} from '../../support/services.js';

describe('LockService.acquire', () => {
  const bench = serviceBench();

  context('when nobody holds the lock', () => {
    it('grants it with the create revision of its key as token', async () => {
      const grant = grantOf(await bench.acquire('a'));
      const { entries } = await bench.store.read({ range: { from: '/shared-lock/a' } });
      expect(entries[0]?.createRevision).to.equal(grant.fencingToken);
      expect(entries[0]?.lease).to.equal(grant.leaseId);
      expect(grant.ttlSeconds).to.equal(10);
    });

    it('rounds the TTL up to whole seconds', async () => {
      expect(grantOf(await bench.acquire('a', { ttlMs: 1500 })).ttlSeconds).to.equal(2);
    });

    it('writes the value as it is, for other programs to read', async () => {
      await bench.acquire('a', { value: 'héllo' });
      const { entries } = await bench.store.read({ range: { from: '/shared-lock/a' } });
      expect(entries[0]?.value).to.equal('héllo');
    });

    it('grants it to the session that is named, and says its TTL', async () => {
      const lease = await session(bench.daemon, 30_000);
      const grant = grantOf(await bench.acquire('a', { lease }));
      expect(grant).to.include({ leaseId: lease, ttlSeconds: 30 });
    });

    it('refuses a session that has ended', async () => {
      const fault = await faultOf(bench.acquire('a', { lease: UNKNOWN_LEASE }));
      expect(fault).to.have.property('code', 'NOT_FOUND');
      expect((await bench.daemon.locks.get('a')).holderCount).to.equal(0);
    });
  });

  context('when somebody holds the lock', () => {
    it('answers with the holder and leaves no lease behind', async () => {
      await bench.acquire('a', {
        owner: 'first',
        value: 'v',
        labels: new Map([['__proto__', 'x']]),
      });
      const outcome = await bench.acquire('a', { owner: 'second' });
      await bench.clock.advance(0);
      if (outcome.acquired) throw new Error('acquired');
      expect(outcome.holders).to.have.length(1);
      expect(outcome.holders[0]).to.include({ owner: 'first', value: 'v', mode: 'EXCLUSIVE' });
      expect(outcome.holders[0]?.labels.get('__proto__')).to.equal('x');
      expect(await keysBelow(bench.store, '/shared-lock.v1/lease/')).to.have.length(1);
    });

    it('excludes a key that another program put', async () => {
      await bench.store.transact({
        resource: 'x',
        compare: [],
        then: [{ kind: 'put', key: '/shared-lock/a', value: 'theirs' }],
        else: [],
      });
      const outcome = await bench.acquire('a');
      expect(outcome).to.have.property('acquired', false);
      expect(outcome).to.have.nested.property('holders[0].value', 'theirs');
    });

    it('gives the same grant to the same session again', async () => {
      const lease = await session(bench.daemon);
      const first = grantOf(await bench.acquire('a', { lease }));
      const second = grantOf(await bench.acquire('a', { lease }));
      expect(second).to.deep.equal(first);
    });

    it('grants a higher token to each next holder', async () => {
      const tokens: number[] = [];
      for (let i = 0; i < 5; i++) {
        const grant = grantOf(await bench.acquire('a'));
        tokens.push(grant.fencingToken);
        await bench.release('a', grant.leaseId);
      }
      expect(tokens).to.deep.equal([...new Set(tokens)].sort((a, b) => a - b));
    });
  });

  context('when the request is bad', () => {
    const bad: [string, object, string][] = [
      ['an empty name', { name: '' }, 'name'],
      ['a name of 1025 bytes', { name: 'x'.repeat(1025) }, 'name'],
      ['a name with NUL', { name: 'a\0b' }, 'name'],
      ['a name with a control character', { name: 'a\u0085b' }, 'name'],
      ['a name with a lone surrogate', { name: 'a\ud800' }, 'name'],
      ['a segment ..', { name: 'a/../b' }, 'name'],
      ['a TTL of 0', { ttlMs: 0 }, 'ttl'],
      ['a negative TTL', { ttlMs: -1 }, 'ttl'],
      ['a TTL that is no number', { ttlMs: Number.NaN }, 'ttl'],
      ['a TTL above the maximum', { ttlMs: 86_400_001 }, 'ttl'],
      ['a TTL beyond 2^31 ms', { ttlMs: 2 ** 31 }, 'ttl'],
      ['a wait above the bound', { waitMs: 3_600_001 }, 'wait'],
      ['a value above 64 KiB', { value: 'x'.repeat(65_537) }, 'value'],
      [
        '33 labels',
        { labels: new Map(Array.from({ length: 33 }, (_, i) => [`l${i}`, ''])) },
        'labels',
      ],
      ['a label of 257 bytes', { labels: new Map([['l', 'x'.repeat(257)]]) }, 'labels'],
      ['permits without a limit', { permits: 2 }, 'permits'],
      ['more permits than the limit', { permits: 3, limit: 2 }, 'permits'],
      ['a limit above the bound', { limit: 10_001 }, 'limit'],
      ['a shared lock with a limit', { mode: 'SHARED', limit: 2 }, 'mode'],
      ['a lease together with a TTL', { lease: UNKNOWN_LEASE, ttlMs: 1000 }, 'ttl'],
      ['a request id of 257 bytes', { requestId: 'x'.repeat(257) }, 'request_id'],
    ];
    for (const [what, rest, field] of bad) {
      it(`refuses ${what}, naming ${field}`, async () => {
        const fault = await faultOf(bench.acquire('a', rest));
        expect(fault).to.have.property('code', 'INVALID_ARGUMENT');
        expect(fault).to.have.nested.property('details.field', field);
      });
    }

    it('takes __proto__, constructor and toString as ordinary names', async () => {
      for (const name of ['__proto__', 'constructor', 'toString', 'a//b', 'a b', '%2F', 'ключ']) {
        expect(await bench.acquire(name)).to.have.property('acquired', true);
        expect((await bench.daemon.locks.get(name)).holderCount).to.equal(1);
      }
    });

    it('grants the minimum for a TTL below it', async () => {
      expect(grantOf(await bench.acquire('a', { ttlMs: 1 })).ttlSeconds).to.equal(1);
    });
  });
});
