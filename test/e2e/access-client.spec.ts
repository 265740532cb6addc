import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { connect, SharedLockError } from '../../src/index.js';
import type { Client, ClientOptions, LockEvent } from '../../src/index.js';
import { makeCertificates, readCertificates } from '../support/certificates.js';
import type { CertificateFiles } from '../support/certificates.js';
import { cliFor, CliProcess } from '../support/cli-process.js';
import type { CliOptions, CliResult } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { AUDIENCE, ISSUER, Signer } from '../unit/access/tokens.js';
import { eventually, pause } from './worlds.js';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const SHOP = 'the-token-of-the-shop';
const IDLE = 'the-token-of-nobody-much';

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

const POLICY = `version: 1
principals:
  - {name: shop, match: [{tokenSha256: "${hash(SHOP)}"}, {jwt: "till"}]}
  - {name: idle, match: {tokenSha256: "${hash(IDLE)}"}}
  - {name: worker, match: {san: localhost}}
  - {name: local, match: {unix: true}}
  - {name: sre, match: {jwtGroup: oncall}}
rules:
  - {to: [shop, worker], allow: [acquire, read, watch, fence], on: ["lock:shop/*", "election:shop/*"]}
  - {to: [local], allow: ["*"], on: ["*"]}
  - {to: [sre], allow: [forceRelease], on: ["lock:*"]}
`;

/** A daemon tells that a JWT has ended so long after that, since clocks may differ. */
const SKEW_MS = 60_000;

describe('Callers of a daemon with a policy', function () {
  this.timeout(90_000);
  const signer = Signer.make('one');
  let folder: string;
  let daemon: DaemonProcess;
  let certificates: CertificateFiles;
  const clients: Client[] = [];

  const path = (name: string): string => join(folder, name);
  /** Whole or not at all, as the kubelet does. */
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(path(`${name}.new`), text);
    await rename(path(`${name}.new`), path(name));
    return path(name);
  };
  const env = (): Record<string, string> => ({
    SHARED_LOCK_AUTH_MODE: 'enforce',
    SHARED_LOCK_AUTH_POLICY_PATH: path('policy.yaml'),
    SHARED_LOCK_AUTH_JWT_ISSUER: ISSUER,
    SHARED_LOCK_AUTH_JWT_AUDIENCE: AUDIENCE,
    SHARED_LOCK_AUTH_JWT_JWKS_PATH: path('jwks.json'),
    SHARED_LOCK_GRPC_SOCKET_PATH: path('grpc.sock'),
    SHARED_LOCK_LOG_LEVEL: 'trace',
  });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-access-'));
    await write('policy.yaml', POLICY);
    await write('jwks.json', JSON.stringify({ keys: [signer.publicJwk] }));
    await write('shop', `${SHOP}\n`);
    await write('idle', `${IDLE}\n`);
    daemon = await DaemonProcess.start({ env: env() });
    certificates = await makeCertificates(folder);
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  after(async () => {
    const { output } = daemon;
    await daemon.dispose();
    await rm(folder, { recursive: true });
    for (const token of [SHOP, IDLE, hash(SHOP), 'eyJ']) expect(output).not.to.contain(token);
  });

  const client = (options: ClientOptions): Client => {
    const opened = connect({ address: daemon.grpcAddress, ...options });
    clients.push(opened);
    return opened;
  };
  const cli = (args: readonly string[], options?: CliOptions): Promise<CliResult> =>
    cliFor(daemon.grpcAddress)(args, options);

  describe('the command line', () => {
    it('shows the token of a file, that a flag or a variable names', async () => {
      const byFlag = await cli(['whoami', '--token-file', path('shop')]);
      expect(byFlag, byFlag.err).to.include({ code: 0 });
      expect(byFlag.out).to.equal(
        'principal  shop\nknown by   a token\npolicy     what it does not allow is refused\n',
      );
      const SHARED_LOCK_TOKEN_FILE = path('shop');
      const byVariable = await cli(['whoami', '-o', 'json'], { env: { SHARED_LOCK_TOKEN_FILE } });
      expect(JSON.parse(byVariable.out)).to.deep.include({ principal: 'shop', via: 'TOKEN' });
    });

    it('tells until when a JWT is good, and which groups it is in', async () => {
      const token = await signer.token(Date.now(), { sub: 'ann', groups: ['oncall', 'other'] });
      const { out } = await cli(['whoami', '--token-file', await write('ann', token)]);
      expect(out).to.match(/^principal {2}jwt:ann\ngroups {5}sre\nknown by {3}a JWT\nuntil {6}20/);
    });

    it('is known by the Unix socket', async () => {
      const { out } = await cli(['whoami', '--address', `unix:${path('grpc.sock')}`]);
      expect(out).to.contain('principal  local\nknown by   a Unix socket\n');
    });

    it('is anonymous if it shows nothing', async () => {
      expect((await cli(['whoami'])).out).to.contain('principal  anonymous\nknown by   nothing\n');
    });

    it('ends with 77 for 401 and 403, and says which', async () => {
      const wrong = await write('wrong', 'no-such-token');
      for (const [args, said] of [
        [['lock', 'get', 'shop/a'], 'this daemon wants to know who calls'],
        [['lock', 'get', 'shop/a', '--token-file', wrong], "the token can't be verified"],
        [['whoami', '--token-file', wrong], "the token can't be verified"],
        [
          ['lock', 'get', 'shop/a', '--token-file', path('idle')],
          'idle may not read lock "shop/a"',
        ],
        [['run', 'bank', '--token-file', path('shop'), '--', 'true'], 'shop may not acquire lock'],
      ] as const) {
        const { code, err } = await cli(args);
        expect(code, err).to.equal(77);
        expect(err).to.contain(said);
      }
    });

    it('sends no token to another machine in the clear', async () => {
      const args = ['whoami', '--address', '192.0.2.1:50051', '--token-file', path('shop')];
      const { code, err } = await cli(args);
      expect(code).to.equal(64);
      expect(err).to.contain('is not sent to 192.0.2.1:50051 in the clear');
      expect(err).not.to.contain(SHOP);
    });

    it('says at once that the file can not be read', async () => {
      const { code, err } = await cli(['whoami', '--token-file', path('none')]);
      expect(code).to.equal(74);
      expect(err).to.contain(path('none'));
    });

    it('takes no token as an argument or a variable, and does not repeat it', async () => {
      for (const [args, variables] of [
        [['whoami', `--token=${SHOP}`], {}],
        [['whoami', '--token', SHOP], {}],
        [['whoami'], { SHARED_LOCK_TOKEN: SHOP }],
      ] as const) {
        const { code, err, out } = await cli(args, { env: variables });
        expect(code).to.be.oneOf([64, 78]);
        expect(err).to.match(/--token-file|SHARED_LOCK_TOKEN_FILE/);
        expect(err + out).not.to.contain(SHOP);
      }
    });

    it('reads it from a pipe, once', async () => {
      const PATH = `${BIN}:${process.env.PATH ?? ''}`;
      const script = 'shared-lock whoami --token-file <(cat "$0")';
      const { stdout } = await promisify(execFile)('bash', ['-c', script, path('shop')], {
        env: { PATH, SHARED_LOCK_ADDRESS: daemon.grpcAddress },
      });
      expect(stdout).to.contain('principal  shop\n');
    });
  });

  describe('the client library', () => {
    it('shows a token, or what a file has', async () => {
      expect(await client({ token: SHOP }).whoAmI()).to.include({ principal: 'shop' });
      const byFile = client({ tokenFile: path('shop'), address: 'unix:' + path('grpc.sock') });
      // What is shown beats what the connection is.
      expect(await byFile.whoAmI()).to.include({ principal: 'shop', via: 'TOKEN' });
    });

    it('may do what the policy allows, and is told what it does not', async () => {
      const shop = client({ token: SHOP });
      await shop.withLock('shop/lib', {}, async () => {
        const error: unknown = await shop.locks
          .list()
          .next()
          .catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(SharedLockError);
        expect(error).to.include({ code: 'PERMISSION_DENIED', reason: 'NOT_ALLOWED' });
      });
    });
  });

  describe('with TLS', () => {
    let secured: DaemonProcess;
    before(async () => {
      secured = await DaemonProcess.start({
        env: {
          ...env(),
          SHARED_LOCK_GRPC_SOCKET_PATH: '',
          SHARED_LOCK_TLS_CERT_PATH: certificates.cert,
          SHARED_LOCK_TLS_KEY_PATH: certificates.key,
          SHARED_LOCK_TLS_CLIENT_CA_PATH: certificates.ca,
          SHARED_LOCK_TLS_CLIENT_AUTH: 'optional',
        },
      });
    });
    after(() => secured.dispose());

    it('are known by their certificate, and by a token before that', async () => {
      const { ca, cert, key } = await readCertificates(certificates);
      const tls = { ca, cert, key };
      const address = secured.grpcAddress;
      expect(await client({ address, tls }).whoAmI()).to.include({
        ...{ principal: 'worker', via: 'CERTIFICATE' },
      });
      expect(await client({ address, tls, token: SHOP }).whoAmI()).to.include({ via: 'TOKEN' });
      const byToken = client({ address, tls: { ca }, tokenFile: path('shop') });
      expect(await byToken.whoAmI()).to.include({ principal: 'shop', via: 'TOKEN' });
      expect(await client({ address, tls: { ca } }).whoAmI()).to.include({ via: 'NONE' });
      const flags = ['--cacert', certificates.ca, '--cert', certificates.cert];
      const { out } = await cliFor(address)(['whoami', ...flags, '--key', certificates.key]);
      expect(out).to.contain('known by   a client certificate\nuntil');
    });
  });

  describe('whose token file is replaced again and again, as each token ends', () => {
    /** Of each token, at the daemon; a new one is there before. */
    const GOOD_FOR_MS = 4000;
    const REPLACED_EVERY_MS = 1500;
    const HELD_MS = 14_000;
    let replacing: NodeJS.Timeout;
    let file: string;

    const replace = async (): Promise<string> => {
      const exp = (Date.now() + GOOD_FOR_MS - SKEW_MS) / 1000;
      return write('till', await signer.token(Date.now(), { sub: 'till', exp }));
    };

    before(async () => {
      file = await replace();
      replacing = setInterval(() => void replace(), REPLACED_EVERY_MS);
    });
    after(() => clearInterval(replacing));

    it('lose no lock that they hold, and no place in its queue, and see all of a watch', async () => {
      const holder = client({ tokenFile: file });
      const local = client({ address: `unix:${path('grpc.sock')}` });
      // What the second one shows never ends: it would go first if the first one lost its place.
      const others = [client({ tokenFile: file }), local];
      const seen: LockEvent[] = [];
      const stop = new AbortController();
      const watching = (async () => {
        for await (const event of holder.locks.watch('shop/long', { signal: stop.signal })) {
          seen.push(event);
        }
      })();
      const lock = await holder.acquire('shop/long', { ttlMs: 3000 });
      const order: number[] = [];
      const turns: Promise<void>[] = [];
      for (const [index, other] of others.entries()) {
        turns.push(other.withLock('shop/long', { ttlMs: 3000 }, () => void order.push(index)));
        const isThere = async (): Promise<boolean> =>
          (await local.locks.get('shop/long')).waiterCount === index + 1;
        await eventually(`waiter ${index}`, isThere);
      }
      await pause(HELD_MS);
      expect(lock.state).to.be.oneOf(['HELD', 'SUSPECT']);
      await lock.confirm();
      expect(await lock.release()).to.equal(true);
      await Promise.all(turns);
      expect(order).to.deep.equal([0, 1]);
      const kinds = (): string[] => seen.map(({ kind }) => kind);
      await eventually(
        'all is seen',
        async () => kinds().filter((kind) => kind === 'RELEASED').length >= 3,
      );
      stop.abort();
      await watching;
      expect(kinds()).not.to.include('RESYNC');
    });

    it('run a command to its end under a lock', async () => {
      const args = ['run', '--ttl', '3s', '--token-file', file, 'shop/run', '--', 'sleep', '9'];
      const run = new CliProcess(args, { address: daemon.grpcAddress });
      const { code, err } = await run.ended;
      expect(code, err).to.equal(0);
    });
  });

  describe('whose static token is rotated', () => {
    const [OLD, NEW] = ['the-old-token-of-the-till', 'the-new-token-of-the-till'];
    const TTL_MS = 6000;
    let rotating: DaemonProcess;

    const giveOut = async (...tokens: readonly string[]): Promise<void> => {
      await write('tokens', tokens.map((token) => `shop ${hash(token)}\n`).join(''));
    };
    const reload = (): void => rotating.signal('SIGHUP');
    const isKnown = (token: string) => async (): Promise<boolean> => {
      const probe = connect({ address: rotating.grpcAddress, token });
      const known = await probe.whoAmI().then(
        () => true,
        () => false,
      );
      await probe.close();
      return known;
    };

    before(async () => {
      await giveOut(OLD);
      rotating = await DaemonProcess.start({
        env: {
          ...env(),
          SHARED_LOCK_AUTH_TOKENS_PATH: path('tokens'),
          SHARED_LOCK_GRPC_SOCKET_PATH: '',
        },
      });
    });
    after(() => rotating.dispose());

    /** One holds a lock and another one waits for it, over all of the work. */
    const whileHeld = async (name: string, work: () => Promise<void>): Promise<void> => {
      const tokenFile = await write('rotated', OLD);
      const options = { address: rotating.grpcAddress, tokenFile };
      const [holder, waiter] = [client(options), client(options)];
      const lock = await holder.acquire(name, { ttlMs: TTL_MS });
      const turn = waiter.withLock(name, { ttlMs: TTL_MS }, () => 'had it');
      const isThere = async (): Promise<boolean> =>
        (await holder.locks.get(name)).waiterCount === 1;
      await eventually('a waiter', isThere);
      await work();
      // Renewed once more, whatever was before.
      await eventually('a renewal', async () => lock.lease.remainingMs > TTL_MS / 2);
      expect(lock.state).to.equal('HELD');
      expect(await lock.release()).to.equal(true);
      expect(await turn).to.equal('had it');
    };

    it('lose nothing, if both are good for a while', async () => {
      await whileHeld('shop/rotated', async () => {
        await giveOut(OLD, NEW);
        reload();
        await eventually('the new one is known', isKnown(NEW));
        await write('rotated', NEW);
        await giveOut(NEW);
        reload();
        await eventually('the old one is not', async () => !(await isKnown(OLD)()));
      });
    });

    it('lose nothing, if the old one is gone for less than a TTL before they have the new one', async () => {
      await giveOut(OLD);
      reload();
      await eventually('the old one is known', isKnown(OLD));
      const [holder] = [
        client({ address: rotating.grpcAddress, tokenFile: await write('rotated', OLD) }),
      ];
      const lock = await holder.acquire('shop/leaked', { ttlMs: TTL_MS });
      await giveOut(NEW);
      reload();
      await eventually('a refusal', async () => lock.lease.refusal !== undefined);
      expect(lock.lease.refusal).to.equal("the token can't be verified");
      expect(lock.signal.aborted).to.equal(false);
      await write('rotated', NEW);
      await eventually('a renewal', async () => lock.lease.refusal === undefined);
      expect(lock.state).to.equal('HELD');
      expect(await lock.release()).to.equal(true);
    });

    it('go on when a policy that refused them is put right', async () => {
      const lock = await client({
        address: rotating.grpcAddress,
        tokenFile: path('rotated'),
      }).acquire('shop/policy', { ttlMs: TTL_MS });
      await write('policy.yaml', POLICY.replaceAll('acquire, read', 'read'));
      reload();
      await eventually('a refusal', async () => lock.lease.refusal !== undefined);
      expect(lock.lease.refusal).to.equal('shop may not acquire lock');
      await write('policy.yaml', POLICY);
      reload();
      await eventually('a renewal', async () => lock.lease.refusal === undefined);
      expect(await lock.release()).to.equal(true);
    });
  });
});
