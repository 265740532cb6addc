import { inspect } from 'node:util';
import { expect } from 'chai';
import { readPolicy } from '../../../../src/access/read-policy.js';
import { connect } from '../../../../src/client/client.js';
import type { Client } from '../../../../src/client/client.js';
import type { LockLostError } from '../../../../src/client/errors.js';
import { SharedLockError } from '../../../../src/client/errors.js';
import type { ClientOptions } from '../../../../src/client/options.js';
import { AccessRules } from '../../../../src/core/access/access-rules.js';
import { tokenExpired } from '../../../../src/core/access/faults.js';
import { ANONYMOUS } from '../../../../src/core/access/principal.js';
import type { Presented } from '../../../../src/core/access/presented.js';
import type { Principal } from '../../../../src/core/access/principal.js';
import { Quotas } from '../../../../src/core/access/quota.js';
import { Guard } from '../../../../src/server/access/guard.js';
import { TcpProxy } from '../../../support/tcp-proxy.js';
import { until } from '../../../support/until.js';
import { startServers } from '../../../support/wire-servers.js';
import type { TestServers } from '../../../support/wire-servers.js';

const POLICY = readPolicy(`version: 1
principals: [{name: shop, match: {jwt: shop}}, {name: idle, match: {jwt: idle}}]
rules:
  - {to: [shop], allow: [acquire, read, watch], on: ["lock:*"]}
`);

function principal(id: string): Principal {
  return {
    id,
    groups: [],
    formerIds: [],
    shown: { via: 'none' },
    via: 'token',
    expiresAtMs: undefined,
  };
}

async function failure(work: Promise<unknown>): Promise<SharedLockError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SharedLockError) return error;
  throw new Error(`no SharedLockError: ${String(error)}`);
}

describe('A client of a daemon that wants to know who calls', function () {
  this.timeout(20_000);
  let servers: TestServers;
  /** What is open is told by no daemon yet that its token is not good any more: a cut makes the client show it again. */
  let proxy: TcpProxy;
  /** Whose the tokens are that the daemon knows. */
  let known: Map<string, string>;
  /** Of each request that came. */
  let shown: string[];
  /** The same object for all calls that bring nothing of their own over one stream. */
  let bySource: Presented[];
  const clients: Client[] = [];

  before(async () => {
    const guard = new Guard({
      mode: 'enforce',
      rules: new AccessRules(POLICY),
      quotas: new Quotas(POLICY),
      authenticator: {
        again: (former) => former,
        identify: (presented) => {
          const [header] = presented.authorization;
          bySource.push(presented);
          shown.push(header ?? 'nothing');
          if (header === undefined) return ANONYMOUS;
          const id = known.get(header.replace(/^Bearer /, ''));
          if (id === undefined) throw tokenExpired();
          return principal(id);
        },
      },
      refused: () => undefined,
    });
    servers = await startServers({ guard });
    proxy = await TcpProxy.start(`127.0.0.1:${servers.grpcPort}`);
  });

  beforeEach(() => {
    known = new Map([
      ['one', 'shop'],
      ['idler', 'idle'],
    ]);
    shown = [];
    bySource = [];
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  after(async () => {
    await proxy.dispose();
    await servers.stop();
  });

  function client(options: ClientOptions): Client {
    const opened = connect({ address: `localhost:${proxy.port}`, ...options });
    clients.push(opened);
    return opened;
  }

  it('shows its token with calls, watches and renewals', async () => {
    const one = client({ token: 'one' });
    const watching = one.locks.watch('shown');
    await watching.next();
    const lock = await one.acquire('shown', { ttlMs: 1000 });
    await until('a renewal', () => shown.length >= 3);
    await watching.return();
    await lock.release();
    expect(new Set(shown)).to.deep.equal(new Set(['Bearer one']));
  });

  it('is known by whom the daemon takes it for', async () => {
    expect(await client({ token: 'one' }).whoAmI()).to.deep.equal({
      ...{ principal: 'shop', groups: [], via: 'TOKEN', expiresAtMs: undefined, mode: 'ENFORCE' },
    });
    expect(await client({}).whoAmI()).to.include({ principal: 'anonymous', via: 'NONE' });
  });

  it('reads it again once when it is refused, and goes on', async () => {
    const given = ['old', 'one', 'one'];
    const reads: string[] = [];
    const one = client({
      token: () => {
        const token = given.shift() ?? 'none';
        reads.push(token);
        return Promise.resolve(token);
      },
    });
    expect(await one.tryAcquire('again')).not.to.equal(undefined);
    expect(shown.slice(0, 2)).to.deep.equal(['Bearer old', 'Bearer one']);
    expect(reads).to.deep.equal(['old', 'one']);
  });

  it('tells that it is refused, and not what it showed', async () => {
    let made = 0;
    const error = await failure(client({ token: () => `secret${made++}` }).locks.get('x'));
    expect(error).to.include({ code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.to.contain('secret');
    expect(shown).to.deep.equal(['Bearer secret0', 'Bearer secret1']);
  });

  it('is told what it may not do, at once', async () => {
    const error = await failure(client({ token: 'idler' }).acquire('x'));
    expect(error).to.include({ code: 'PERMISSION_DENIED', reason: 'NOT_ALLOWED' });
    expect(error.message).to.equal('idle may not acquire lock "x"');
    expect(shown).to.have.length(1);
  });

  it('does not try to give back what it may not have', async () => {
    const warnings: Error[] = [];
    const one = client({ token: 'one', onWarning: (warning) => void warnings.push(warning) });
    const session = await one.lease({ ttlMs: 5000 });
    known.set('one', 'idle');
    shown.length = 0;
    expect(await failure(session.acquire('x'))).to.include({ code: 'PERMISSION_DENIED' });
    known.set('one', 'shop');
    // The name is not left taken.
    await (await session.acquire('x')).release();
    expect(warnings).to.deep.equal([]);
  });

  it('goes on with a watch after its token was exchanged', async () => {
    let token = 'one';
    const one = client({ token: () => token });
    const other = client({ token: 'two' });
    const watching = one.locks.watch('watched');
    expect((await watching.next()).value).to.include({ kind: 'STATE' });
    known = new Map([['two', 'shop']]);
    token = 'two';
    const next = watching.next();
    proxy.cut();
    await other.acquire('watched');
    expect((await next).value).to.include({ kind: 'ACQUIRED' });
    await watching.return();
  });

  it('shows another token on the stream of renewals that is open', async () => {
    let token = 'one';
    const one = client({ token: () => token });
    const lock = await one.acquire('renewed', { ttlMs: 6000 });
    const renewals = (): number => servers.observer.entries.length;
    await until('a stream', () => shown.length >= 2);
    token = 'two';
    known = new Map([['two', 'shop']]);
    // It is refused, and read again.
    await one.locks.get('renewed');
    const [connections, answered] = [proxy.accepted, renewals()];
    shown.length = 0;
    await until('that it is shown', () => shown.length > 0);
    expect(shown).to.deep.equal(['Bearer two']);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(lock.state).to.equal('HELD');
    // The stream has not ended, and there is no other one.
    expect([proxy.accepted, renewals()]).to.deep.equal([connections, answered]);
    expect(await lock.release()).to.equal(true);
  });

  it('exchanges its stream of calls for one with the new token, and leaves nobody who waits over the old one', async () => {
    let token = 'one';
    const one = client({ token: () => token });
    const ended = (): number =>
      servers.observer.entries.filter(({ method }) => method.endsWith('CallStream')).length;
    const before = ended();
    const lock = await client({ token: 'one' }).acquire('streamed');
    /** That two calls went over, with nothing of their own. */
    const streamShowing = async (header: string): Promise<boolean> => {
      bySource.length = 0;
      for (let calls = 0; calls < 2; calls++) await one.locks.get('streamed');
      return bySource.at(-1) === bySource.at(-2) && bySource.at(-1)?.authorization[0] === header;
    };
    await until('a stream', () => streamShowing('Bearer one'));
    const waiting = one.acquire('streamed');
    await until('a waiter', async () => (await one.locks.get('streamed')).waiterCount === 1);
    token = 'two';
    known.set('two', 'shop');
    known.delete('one');
    await until('another stream', () => streamShowing('Bearer two'));
    expect(ended()).to.equal(before);
    known.set('one', 'shop');
    await lock.release();
    expect((await waiting).state).to.equal('HELD');
    await until('the end of the old one', () => ended() > before);
    await (await waiting).release();
  });

  context('when a renewal is refused', () => {
    const TTL_MS = 3000;

    for (const [why, refuse, message] of [
      ['since its token is not known any more', () => known.delete('one'), 'the token has expired'],
      ['since it may not any more', () => known.set('one', 'idle'), 'idle may not acquire lock'],
    ] as const) {
      it(`keeps the lock ${why}, and goes on when it may again`, async () => {
        const one = client({ token: () => 'one' });
        const lock = await one.acquire('kept', { ttlMs: TTL_MS });
        refuse();
        proxy.cut();
        await until('a refusal', () => lock.lease.refusal !== undefined);
        expect(lock.lease.refusal).to.equal(message);
        expect(lock.state).to.be.oneOf(['HELD', 'SUSPECT']);
        known.set('one', 'shop');
        await until('a renewal', () => lock.lease.refusal === undefined);
        await until('that it is held', () => lock.state === 'HELD');
        expect(lock.signal.aborted).to.equal(false);
        expect(await lock.release()).to.equal(true);
      });

      it(`loses the lock at its deadline and not before, ${why}, and tells that`, async () => {
        const one = client({ token: () => 'one' });
        const lock = await one.acquire('lost', { ttlMs: TTL_MS });
        refuse();
        proxy.cut();
        const sinceMs = performance.now();
        await new Promise((resolve) => lock.signal.addEventListener('abort', resolve));
        // The lease counts as lost a second before its end.
        expect(performance.now() - sinceMs).to.be.above(TTL_MS / 2);
        const reason = lock.signal.reason as LockLostError;
        expect(reason.why).to.include({ kind: 'UNREACHABLE', refusal: message });
        expect(reason.message).to.contain(`its lease was not renewed: ${message}`);
      });
    }
  });
});
