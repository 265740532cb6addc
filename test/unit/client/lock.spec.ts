import { expect } from 'chai';
import { StayAlive } from '../../../src/clock/stay-alive.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Keeper } from '../../../src/client/keeping/keeper.js';
import { LockLostError, SharedLockError } from '../../../src/client/errors.js';
import type { Claim } from '../../../src/client/locks/claim.js';
import { HeldLease } from '../../../src/client/locks/held-lease.js';
import { Lock } from '../../../src/client/locks/lock.js';
import type { ClientParts } from '../../../src/client/parts.js';
import { unavailable } from '../../../src/core/errors.js';

const never = new Promise<never>(() => undefined);

describe('A lock of a session, whose token is not current any more', () => {
  let lease: HeldLease;

  afterEach(() => {
    lease.letGo();
  });

  /** A daemon says at once that its token is not current; what giving it back leads to is given. */
  const lockWith = (clock: VirtualClock, giveBack: Claim['giveBack']): Lock => {
    const ways = {
      renew: () => ({ answer: never, doubt: () => undefined }),
      openIn: () => undefined,
      keepWarm: () => undefined,
      rest: () => undefined,
    };
    const keeper = new Keeper(clock, ways, new StayAlive());
    // Nothing else of a client is asked for here.
    const parts = { settings: { clock }, keeper } as unknown as ClientParts;
    const claim: Claim = {
      name: 'report',
      title: 'lock "report"',
      take: () => never,
      isCurrent: () => Promise.resolve(false),
      giveBack,
    };
    lease = new HeldLease(parts, { id: '1', ttlMs: 60_000, sentAtMs: clock.now() });
    return new Lock(parts, { claim, fencingToken: 7, lease, leaseOwner: 'session' });
  };

  const causes: readonly (readonly [string, Claim['giveBack']])[] = [
    ['no daemon tells why', () => never],
    ['the daemon goes before it tells why', () => Promise.reject(gone())],
  ];
  for (const [how, giveBack] of causes) {
    it(`is lost soon, though ${how}`, async () => {
      const clock = new VirtualClock(0);
      const lock = lockWith(clock, giveBack);
      const confirmed = lock.confirm().catch((error: unknown) => error);
      await clock.advance(300);
      expect(lock.state).to.equal('LOST');
      expect(lock.signal.reason).to.have.nested.property('why.kind', 'NOT_HOLDER');
      expect(await confirmed).to.be.instanceOf(LockLostError);
    });
  }
});

function gone(): SharedLockError {
  return new SharedLockError(unavailable('gone'));
}
