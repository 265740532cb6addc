import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { LeaseOwner } from '../../../src/core/access/lease-use.js';
import { ANONYMOUS, owns, type Principal } from '../../../src/core/access/principal.js';
import { isFault } from '../../../src/core/errors.js';
import { parseLeaseId, type LeaseId } from '../../../src/core/lease-id.js';
import type { Caller, Rights } from '../../../src/service/caller.js';
import { prefixed } from '../../../src/store/store.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { caller, memoryStore, startDaemon, type TestDaemon } from '../../support/services.js';

/** One who may do anything with what is its own, or nobody's. */
function by(id: string, ...formerIds: string[]): Caller {
  const principal: Principal = { ...ANONYMOUS, id, formerIds, via: 'token' };
  const rights: Rights = {
    principal,
    quota: {},
    spaceOf: () => undefined,
    ownerId: id,
    forceFacts: () => ({}),
    mayUse: ({ ownerId }: LeaseOwner) => ownerId === undefined || owns(principal, ownerId),
    mayReplay: (ownerId) => owns(principal, ownerId),
  };
  return { ...caller(), rights };
}

const SESSION = {
  key: '',
  value: '',
  labels: new Map(),
  owner: '',
  ttlMs: undefined,
  requestId: '',
};

describe('the access to leases', () => {
  let inner: ReturnType<typeof memoryStore>['store'];
  let clock: VirtualClock;
  let faulty: FaultyStore;
  let here: TestDaemon;
  let there: TestDaemon;
  beforeEach(() => {
    ({ store: inner, clock } = memoryStore());
    faulty = new FaultyStore(inner);
    here = startDaemon(faulty.store, clock);
    there = startDaemon(faulty.store, clock);
  });
  afterEach(async () => {
    await here.stop();
    await there.stop();
    await inner.close();
  });

  async function made(key: string, maker: Caller): Promise<LeaseId> {
    const outcome = await here.leases.create({ ...SESSION, key }, maker);
    if (!outcome.acquired) throw new Error('it is free');
    return outcome.grant.leaseId;
  }
  async function isRefused(daemon: TestDaemon, lease: LeaseId, asker: Caller): Promise<boolean> {
    try {
      await daemon.leases.keepAlive(lease, asker);
      return false;
    } catch (error) {
      if (!isFault(error, 'NOT_FOUND')) throw error;
      return true;
    }
  }
  async function readsOf(work: () => Promise<unknown>): Promise<number> {
    const before = faulty.reads + faulty.inspections;
    await work();
    return faulty.reads + faulty.inspections - before;
  }

  for (const key of ['', 'a']) {
    const what = key === '' ? 'a session' : 'a lease with a lock';
    it(`costs no read where ${what} was made, and one at another daemon`, async () => {
      const ann = by('ann');
      const lease = await made(key, ann);
      expect(await readsOf(() => here.leases.keepAlive(lease, ann))).to.equal(0);
      expect(await readsOf(() => there.leases.keepAlive(lease, ann))).to.equal(1);
      expect(await readsOf(() => there.leases.keepAlive(lease, ann))).to.equal(0);
    });
  }

  it('is for its owner at every daemon, also under a former id', async () => {
    const lease = await made('a', by('ann'));
    for (const daemon of [here, there]) {
      expect(await isRefused(daemon, lease, by('bob'))).to.equal(true);
      expect(await isRefused(daemon, lease, by('anna', 'ann'))).to.equal(false);
    }
  });

  it('stays that of its owner when it takes other locks', async () => {
    const ann = by('ann');
    const lease = await made('a', ann);
    const more = { name: 'b', mode: 'EXCLUSIVE', permits: 1, limit: 0, lease } as const;
    await here.locks.acquire(
      {
        ...more,
        ttlMs: undefined,
        waitMs: 0,
        owner: '',
        value: '',
        labels: new Map(),
        requestId: '',
      },
      ann,
    );
    await here.locks.release({ name: 'a', lease, fencingToken: 0, requestId: '' }, ann);
    expect(await isRefused(there, lease, by('bob'))).to.equal(true);
    expect(await isRefused(there, lease, ann)).to.equal(false);
  });

  it('tells those of another program by what they hold, which is read once', async () => {
    // The daemon has counted by then.
    await made('x', caller());
    const lease = parseLeaseId('77');
    await inner.grant(lease, 10);
    await inner.transact({
      resource: 'a',
      compare: [],
      then: [{ kind: 'put', key: '/shared-lock/a', value: '', lease }],
      else: [],
    });
    const seen: LeaseOwner[] = [];
    const ann = by('ann');
    const rights = { ...ann.rights, mayUse: (owner: LeaseOwner) => seen.push(owner) > 0 } as Rights;
    const asker = { ...ann, rights };
    expect(await readsOf(() => here.leases.keepAlive(lease, asker))).to.equal(2);
    expect(await readsOf(() => here.leases.keepAlive(lease, asker))).to.equal(0);
    expect(seen[1]).to.deep.equal({ ownerId: undefined, locks: [{ kind: 'lock', name: 'a' }] });
  });

  it('costs and records nothing without a policy', async () => {
    const lease = await made('a', caller());
    expect(await readsOf(() => there.leases.keepAlive(lease))).to.equal(0);
    const { entries } = await inner.read({ range: prefixed('/shared-lock.v1/lease/') });
    expect(entries[0]?.value).not.to.contain('principal');
    expect(await isRefused(there, lease, by('bob'))).to.equal(false);
  });

  it('says nothing of a lease while the store does not answer', async () => {
    const lease = await made('a', by('ann'));
    faulty.onRead = () => Promise.reject(new Error('no answer'));
    const asked = there.leases.keepAlive(lease, by('ann'));
    await asked.then(
      () => expect.fail(),
      (error: unknown) => expect(isFault(error, 'NOT_FOUND')).to.equal(false),
    );
    faulty.onRead = undefined;
    expect(await isRefused(there, lease, by('ann'))).to.equal(false);
  });
});
