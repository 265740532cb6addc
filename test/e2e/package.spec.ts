import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { readVersion } from '../../src/cli/version.js';
import { DaemonProcess } from '../support/daemon-process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];

/** Uses the client, and then says which packages were loaded for it. */
const JAVASCRIPT = `
import { createRequire } from 'node:module';
import { connect, LockLostError } from '@shared-lock/shared-lock';

const client = connect({ address: process.argv[2] });
const token = await client.withLock('report', {}, ({ fencingToken, signal }) => {
  signal.throwIfAborted();
  return fencingToken;
});
await client.close();
const loaded = Object.keys(createRequire(import.meta.url)('node:module')._cache)
  .map((path) => path.split('/node_modules/').pop().split('/'))
  .map(([first, second]) => (first.startsWith('@') ? first + '/' + second : first));
console.log(JSON.stringify({ token, lost: LockLostError.name, loaded: [...new Set(loaded)] }));
`;

/** Each public part once: what it gives is what the types say. */
const TYPESCRIPT = `
import { connect, LockLostError, NotAcquiredError } from '@shared-lock/shared-lock';
import type { ClientOptions, Lock, LockEvent } from '@shared-lock/shared-lock';

const options: ClientOptions = { addresses: ['a:1', 'unix:/run/b.sock'], tls: { ca: 'pem' }, deadlineMs: 5000 };
await using client = connect(options);
const token: number = await client.withLock('a', { ttlMs: 5000 }, async ({ signal, fencingToken }) => {
  signal.throwIfAborted();
  return fencingToken;
});
{
  await using lock: Lock = await client.acquire('b', { waitMs: 1000, signal: AbortSignal.timeout(5) });
  lock.signal.addEventListener('abort', () => lock.signal.reason instanceof LockLostError);
  const { value }: { value: bigint } = await client.counter('c').add(1n, { fence: lock, max: 9n });
  await client.configs('ns').put('db', JSON.stringify({ token, value: String(value) }));
}
const maybe: Lock | undefined = await client.tryAcquire('d');
await maybe?.release();
const events: AsyncGenerator<LockEvent> = client.locks.watch('e');
for await (const event of events) {
  if (event.kind === 'RELEASED') console.log(event.end.cause);
}
await client.election('f').lead({ candidate: 'me' }, ({ term, signal }) => void [term, signal]);
try {
  await client.acquire('g', { waitMs: 0 });
} catch (error) {
  if (error instanceof NotAcquiredError) console.log(error.holders[0]?.owner);
}
// @ts-expect-error a counter's value is a bigint
await client.counter('c').set(1);
`;

describe('The package', function () {
  this.timeout(120_000);
  let folder: string;

  const run = async (program: string, args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(program, args, { cwd: folder });
    return stdout;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-package-'));
    const packed = ['pack', ROOT, '--ignore-scripts', '--pack-destination', folder];
    await run('npm', packed);
    const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    const project = { name: 'empty', private: true, type: 'module' };
    await writeFile(join(folder, 'package.json'), JSON.stringify(project));
    await run('npm', [...INSTALL, `./${tarball ?? ''}`]);
    await mkdir(join(folder, 'src'));
    await writeFile(join(folder, 'src/use.mjs'), JAVASCRIPT);
    await writeFile(join(folder, 'src/use.ts'), TYPESCRIPT);
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('has the program, which its first start compiles for this Node.js', async () => {
    const programs = join(folder, 'node_modules/@shared-lock/shared-lock/dist/cmd');
    const caches = async (): Promise<string[]> =>
      (await readdir(programs)).filter((name) => name.endsWith('.cache'));
    expect(await caches()).to.deep.equal([]);
    const program = join(folder, 'node_modules/.bin/shared-lock');
    const version = await run(program, ['version']);
    const [cache] = await caches();
    expect(cache).to.match(/^client\.js\..*\.cache$/);
    expect(await run(program, ['version'])).to.equal(version);
    const daemon = await DaemonProcess.start({ program: join(programs, 'shared-lock.js') });
    await daemon.stop();
    await daemon.dispose();
    expect(await caches()).to.have.length(2);
  });

  it('brings the command line under its plain name', async () => {
    const version = await run(join(folder, 'node_modules/.bin/shared-lock'), ['version']);
    expect(version).to.contain(readVersion());
  });

  it('works in plain JavaScript, and loads nothing that only the daemon needs', async () => {
    const daemon = await DaemonProcess.start();
    const output = await run(process.execPath, ['src/use.mjs', daemon.grpcAddress]);
    await daemon.dispose();
    const { token, lost, loaded } = JSON.parse(output) as {
      token: number;
      lost: string;
      loaded: string[];
    };
    expect(token).to.be.above(0);
    expect(lost).to.equal('LockLostError');
    expect(loaded).to.include('@grpc/grpc-js');
    const heavy = [
      'ajv',
      'commander',
      'convict',
      'etcd3',
      '@fastify/busboy',
      'lmdb',
      'pino',
      'prom-client',
    ];
    expect(loaded.filter((name) => heavy.includes(name))).to.deep.equal([]);
  });

  it('has its program where npm links it', async () => {
    expect(await run('node_modules/.bin/shared-lock', ['version'])).to.contain('0.1.0');
  });

  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    it(`has types that hold under ${moduleResolution}, without types of Node`, async () => {
      const compilerOptions = {
        ...{ module, moduleResolution, target: 'es2022', noEmit: true },
        ...{ lib: ['es2023', 'dom'], types: [], strict: true, exactOptionalPropertyTypes: true },
        // Once is enough to check what the package declares.
        skipLibCheck: moduleResolution === 'bundler',
      };
      const config = { compilerOptions, include: ['src/use.ts'] };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
      const output = await run(process.execPath, [TSC, '-p', folder]).catch((error: unknown) => {
        return (error as { stdout: string }).stdout;
      });
      expect(output).to.equal('');
    });
  }
});
