import { expect } from 'chai';
import { StayAlive } from '../../../src/clock/stay-alive.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Keeper } from '../../../src/client/keeping/keeper.js';
import { LockLostError, SharedLockError } from '../../../src/client/errors.js';
import { HeldLease } from '../../../src/client/locks/held-lease.js';
import { Lease } from '../../../src/client/locks/lease.js';
import type { Lock } from '../../../src/client/locks/lock.js';
import { Background } from '../../../src/client/parts.js';
import type { ClientParts } from '../../../src/client/parts.js';
import { Works } from '../../../src/client/works.js';
import { Fault, unavailable } from '../../../src/core/errors.js';
import type { FaultCode } from '../../../src/core/errors.js';
import { faultOf } from '../../support/services.js';

const TTL_MS = 60_000;

/** A call that a daemon was asked, and has yet to answer. */
interface Call {
  readonly method: string;
  readonly request: Readonly<Record<string, unknown>>;
  answer(response: object): void;
  fail(error: Error): void;
}

/** A daemon that answers as a test says, when it says so. */
class SlowDaemon {
  readonly calls: Call[] = [];

  unary(
    _service: string,
    method: string,
    request: object | (() => object),
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<object> {
    const message = (typeof request === 'function' ? request() : request) as Call['request'];
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
      this.calls.push({ method, request: message, answer: resolve, fail: reject });
    });
  }

  /** What was asked last. */
  get last(): Call {
    const last = this.calls.at(-1);
    if (last === undefined) throw new Error('nothing was asked');
    return last;
  }

  /** Grants what was asked last. */
  grant(fencingToken: number): void {
    this.last.answer({ acquired: true, grant: { leaseId: '1', fencingToken, ttl: null } });
  }

  get methods(): string[] {
    return this.calls.map(({ method }) => method);
  }
}

describe('A session, whose daemon is slow', () => {
  let clock: VirtualClock;
  let daemon: SlowDaemon;
  let held: HeldLease;
  let lease: Lease;
  let warnings: Error[];
  let stopping: AbortController;
  let renewed: (ttlMs: number) => void;

  beforeEach(() => {
    [clock, daemon, warnings] = [new VirtualClock(0), new SlowDaemon(), []];
    stopping = new AbortController();
    const renewal = new Promise<number>((resolve) => (renewed = resolve));
    const ways = {
      renew: () => ({ answer: renewal, doubt: () => undefined }),
      openIn: () => undefined,
      keepWarm: () => undefined,
      rest: () => undefined,
    };
    const caller = {
      unary: daemon.unary.bind(daemon),
      pause: (ms: number) => clock.advance(ms),
    };
    // Nothing else of a client is asked for here.
    const parts = {
      ...{ caller, works: new Works(), stopping: stopping.signal },
      settings: { clock, owner: '', deadlineMs: 1000 },
      keeper: new Keeper(clock, ways, new StayAlive()),
      background: new Background((warning) => void warnings.push(warning)),
    } as unknown as ClientParts;
    held = new HeldLease(parts, { id: '1', ttlMs: TTL_MS, sentAtMs: 0 });
    lease = new Lease(parts, held);
  });

  afterEach(() => held.letGo());

  /** An acquire that was sent, and then given up. @returns its request. */
  const giveUp = async (): Promise<Call['request']> => {
    const stop = new AbortController();
    const fault = faultOf(lease.acquire('a', { signal: stop.signal }));
    await clock.advance(0);
    const { request } = daemon.last;
    stop.abort(new Error('enough'));
    expect(await fault).to.include({ message: 'enough' });
    return request;
  };

  it('names the request of what it gave up, never just the lease', async () => {
    const { requestId } = await giveUp();
    expect(requestId).to.be.a('string').that.is.not.equal('');
    expect(daemon.last).to.have.property('method', 'Release');
    expect(daemon.last.request).to.include({ grantRequestId: requestId, leaseId: '1' });
    expect(daemon.last.request).not.to.have.property('fencingToken');
  });

  it('does not ask again for what it gave up before the release of that is answered', async () => {
    const { requestId } = await giveUp();
    const again = lease.acquire('a');
    await clock.advance(0);
    expect(daemon.methods).to.deep.equal(['Acquire', 'Release']);
    daemon.last.answer({ released: true });
    await clock.advance(0);
    expect(daemon.methods).to.deep.equal(['Acquire', 'Release', 'Acquire']);
    expect(daemon.last.request.requestId).not.to.equal(requestId);
    daemon.grant(7);
    expect(await again).to.include({ state: 'HELD', fencingToken: 7 });
  });

  it('keeps other names apart', async () => {
    await giveUp();
    const other = lease.acquire('b');
    await clock.advance(0);
    daemon.grant(8);
    expect(await other).to.include({ name: 'b', state: 'HELD' });
  });

  it('lets only one ask again', async () => {
    await giveUp();
    void lease.acquire('a').catch(() => undefined);
    expect(await faultOf(lease.acquire('a'))).to.include({ code: 'FAILED_PRECONDITION' });
  });

  it('keeps the name taken if who asked again gives up too', async () => {
    await giveUp();
    const stop = new AbortController();
    const again = faultOf(lease.acquire('a', { signal: stop.signal }));
    stop.abort(new Error('enough'));
    await again;
    expect(daemon.methods).to.deep.equal(['Acquire', 'Release']);
    expect(await pending(lease.tryAcquire('a'))).to.include({ reason: 'RELEASE_PENDING' });
    expect(daemon.methods).to.deep.equal(['Acquire', 'Release']);
  });

  /** What it is refused with, at the latest after its time. */
  const pending = async (asked: Promise<unknown>): Promise<unknown> => {
    const fault = faultOf(asked);
    await clock.advance(1000);
    return fault;
  };

  for (const code of ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'INTERNAL'] as const) {
    it(`releases again what a daemon answered with ${code}, under the same name`, async () => {
      const { requestId } = await giveUp();
      daemon.last.fail(faulty(code));
      await clock.advance(1000);
      expect(daemon.methods).to.deep.equal(['Acquire', 'Release', 'Release']);
      expect(daemon.last.request).to.include({ grantRequestId: requestId });
      daemon.last.fail(faulty('FAILED_PRECONDITION'));
      await clock.advance(0);
      const again = lease.acquire('a');
      await clock.advance(0);
      daemon.grant(9);
      expect(await again).to.include({ fencingToken: 9 });
      expect(warnings).to.deep.equal([]);
    });
  }

  it('withdraws a request that was refused, since another daemon may have granted it', async () => {
    const fault = faultOf(lease.acquire('a'));
    await clock.advance(0);
    const { request, fail } = daemon.last;
    fail(faulty('RESOURCE_EXHAUSTED'));
    expect(await fault).to.include({ code: 'RESOURCE_EXHAUSTED' });
    expect(daemon.last.request).to.include({ grantRequestId: request.requestId });
  });

  it('leaves it at that if all daemons refuse the request', async () => {
    const fault = faultOf(lease.acquire('a'));
    await clock.advance(0);
    daemon.last.fail(faulty('INVALID_ARGUMENT'));
    await fault;
    expect(daemon.methods).to.deep.equal(['Acquire']);
  });

  it('asks for a lock again once its release is answered, and not for the same grant', async () => {
    const first = lease.acquire('a');
    await clock.advance(0);
    daemon.grant(7);
    const released = (await first).release();
    const again = lease.acquire('a');
    await clock.advance(0);
    expect(daemon.methods).to.deep.equal(['Acquire', 'Release']);
    expect(daemon.last.request).to.include({ fencingToken: 7 });
    daemon.last.answer({ released: true });
    expect(await released).to.equal(true);
    await clock.advance(0);
    daemon.grant(8);
    expect(await again).to.include({ fencingToken: 8 });
  });

  it('goes on with a release that was not answered, until it is or the lease is over', async () => {
    const first = lease.acquire('a');
    await clock.advance(0);
    daemon.grant(7);
    const fault = faultOf((await first).release());
    daemon.last.fail(faulty('UNAVAILABLE'));
    expect(await fault).to.include({ code: 'UNAVAILABLE' });
    await clock.advance(0);
    expect(daemon.methods).to.deep.equal(['Acquire', 'Release', 'Release']);
    expect(daemon.last.request).to.include({ fencingToken: 7 });
    await clock.advance(TTL_MS);
    expect(lease.state).to.equal('LOST');
    daemon.last.fail(faulty('UNAVAILABLE'));
    await clock.advance(10_000);
    expect(daemon.methods).to.have.lengthOf(3);
  });

  it('tells those who work under its locks that it is revoked, before the daemon is', async () => {
    const begun = lease.acquire('a');
    await clock.advance(0);
    daemon.grant(7);
    const lock = await begun;
    const asked: string[][] = [];
    lock.signal.addEventListener('abort', () => asked.push(daemon.methods));
    void lease.revoke();
    expect(asked).to.deep.equal([['Acquire']]);
    expect(lock.signal.reason).to.be.instanceOf(LockLostError).with.deep.property('why', {
      kind: 'REVOKED',
    });
    expect(daemon.methods).to.deep.equal(['Acquire', 'RevokeLease']);
    expect(lock.state).to.equal('RELEASED');
    expect(() => lock.assertHeld()).to.throw(SharedLockError, 'was released');
  });

  it('gives back what is granted while the client closes, and hands out nothing', async () => {
    const outcome = faultOf(lease.acquire('a'));
    await clock.advance(0);
    daemon.grant(7);
    stopping.abort(new Error('closed'));
    await clock.advance(0);
    expect(daemon.last).to.have.property('method', 'Release');
    expect(daemon.last.request).to.include({ fencingToken: 7 });
    daemon.last.answer({ released: true });
    expect(await outcome).to.include({ message: 'closed' });
    expect(lease.locks).to.deep.equal([]);
  });

  it('may ask again for a lock that was lost, as soon as that is told', async () => {
    const begun = lease.acquire('a');
    await clock.advance(0);
    daemon.grant(7);
    const lock = await begun;
    let again: Promise<Lock> | undefined;
    lock.signal.addEventListener('abort', () => {
      again = lease.acquire('a');
    });
    const confirmed = faultOf(lock.confirm());
    daemon.last.answer({ current: false });
    await clock.advance(0);
    daemon.last.answer({ released: false });
    expect(await confirmed).to.be.instanceOf(LockLostError);
    await clock.advance(0);
    daemon.grant(9);
    expect(await again).to.include({ state: 'HELD', fencingToken: 9 });
  });

  it('confirms only some of its locks at once after a renewal', async () => {
    for (let n = 0; n < 100; n++) {
      const begun = lease.acquire(`lock ${n}`);
      await clock.advance(0);
      daemon.grant(n + 1);
      await begun;
    }
    await clock.advance(TTL_MS / 3);
    renewed(TTL_MS);
    await clock.advance(0);
    const asked = () => daemon.calls.filter(({ method }) => method === 'CheckToken');
    expect(asked()).to.have.length(32);
    for (let n = 0; n < 100; n++) {
      asked()[n]?.answer({ current: true });
      await clock.advance(0);
    }
    expect(asked()).to.have.length(100);
  });

  it('rejects work whose lock it was revoked under', async () => {
    let end = (): void => undefined;
    const work = (): Promise<void> => new Promise((resolve) => (end = resolve));
    const outcome = faultOf(lease.withLock('a', {}, work));
    await clock.advance(0);
    daemon.grant(7);
    await clock.advance(0);
    void lease.revoke();
    end();
    await clock.advance(0);
    daemon.last.fail(new SharedLockError(new Fault('NOT_FOUND', 'there is no such lease')));
    expect(await outcome).to.be.instanceOf(LockLostError);
  });
});

function faulty(code: FaultCode): SharedLockError {
  return new SharedLockError(
    code === 'UNAVAILABLE' ? unavailable('away') : new Fault(code, 'refused'),
  );
}
