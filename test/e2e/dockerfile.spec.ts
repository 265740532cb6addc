import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { SETTINGS } from '../../src/config/settings.js';
import { DockerfileBuild, execForm, pairs, readDockerfile } from '../support/dockerfile.js';
import type { Image, Instruction } from '../support/dockerfile.js';
import { startEtcd } from '../support/etcd.js';
import { freePorts } from '../support/free-ports.js';
import type { Etcd } from '../support/etcd.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const stages = readDockerfile(join(ROOT, 'Dockerfile'));

function last(keyword: string): Instruction {
  const found = stages.at(-1)?.instructions.findLast((one) => one.keyword === keyword);
  if (found === undefined) throw new Error(`the last stage has no ${keyword}`);
  return found;
}

interface Manifest {
  readonly version: string;
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly version: string }>>;
}

function manifest(name: string): Manifest {
  // npm's own format.
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as Manifest;
}

describe('the Dockerfile', () => {
  it('has slim base images that are pinned, and are the same', () => {
    const bases = new Set(stages.map(({ base }) => base));
    expect([...bases]).to.have.length(1);
    expect([...bases][0]).to.match(/^node:(2[2-9]|[3-9]\d)[.\d]*-bookworm-slim$/);
  });

  it('copies only what .dockerignore lets through', () => {
    const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    expect(allowed).to.include('*');
    const copied = stages.flatMap(({ instructions }) =>
      instructions
        .filter(({ keyword, flags }) => keyword === 'COPY' && flags.from === undefined)
        .flatMap(({ text }) => text.split(/\s+/).slice(0, -1)),
    );
    const lines = allowed.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(lines.sort()).to.deep.equal([...new Set(copied)].sort());
  });

  it('runs as nobody, on etcd, for callers from outside, and says on which ports', () => {
    expect(last('USER').text).to.match(/^[1-9]\d{3,}:[1-9]\d{3,}$/);
    expect(last('STOPSIGNAL').text).to.equal('SIGTERM');
    expect(last('EXPOSE').text).to.equal(
      `${SETTINGS.server.port.fallback} ${SETTINGS.server.grpcPort.fallback}`,
    );
    expect(pairs(last('ENV').text)).to.include({
      [SETTINGS.storage.type.env]: 'etcd',
      [SETTINGS.server.host.env]: '0.0.0.0',
    });
  });

  it('has the labels of an OCI image, with the version of the package', () => {
    const labels = pairs(last('LABEL').text);
    expect(labels['org.opencontainers.image.version']).to.equal(manifest('package.json').version);
    expect(labels['org.opencontainers.image.licenses']).to.equal('Apache-2.0');
    expect(labels['org.opencontainers.image.title']).to.equal('shared-lock');
    expect(labels['org.opencontainers.image.description']).to.be.a('string');
  });
});

describe('what the Dockerfile makes', function () {
  this.timeout(240_000);
  const build = new DockerfileBuild(ROOT);
  let image: Image;
  let app: string;
  let etcd: Etcd;
  let daemon: ChildProcess | undefined;

  before(async () => {
    image = await build.build(stages);
    app = join(image.root, image.workdir);
    etcd = await startEtcd();
    execFileSync('chmod', ['-R', 'a-w,a+rX', image.root]);
    chmodSync(dirname(image.root), 0o755);
  });
  after(async () => {
    daemon?.kill('SIGKILL');
    await etcd.dispose();
    execFileSync('chmod', ['-R', 'u+w', dirname(image.root)]);
    build.dispose();
  });

  it('has no package that is only for development', () => {
    const { packages } = manifest('package-lock.json');
    const development = Object.entries(packages).filter(([, { dev }]) => dev === true);
    expect(development.length).to.be.above(50);
    expect(development.filter(([path]) => existsSync(join(app, path, 'package.json')))).to.be.empty;
  });

  it('has the programs that it runs, with their rights', () => {
    expect(statSync(join(app, 'bin/shared-lock')).mode & 0o111).to.equal(0o111);
  });

  it('serves and is healthy as nobody, where it may write nothing, and stops when told', async () => {
    const [httpPort = 0, grpcPort = 0] = await freePorts(2);
    const env = {
      ...image.env,
      PATH: [join(app, 'bin'), dirname(process.execPath), process.env.PATH].join(delimiter),
      // Of the image are 0.0.0.0 and the usual ports.
      SHARED_LOCK_SERVER_HOST: '127.0.0.1',
      SHARED_LOCK_SERVER_PORT: String(httpPort),
      SHARED_LOCK_GRPC_PORT: String(grpcPort),
      SHARED_LOCK_ETCD_ADDR_LIST: etcd.endpoints.join(','),
    };
    const [uid, gid] = last('USER').text.split(':').map(Number);
    const as = process.getuid?.() === 0 ? { uid, gid } : {};
    const options = { cwd: app, env, ...as };
    const [program = '', ...args] = [
      ...execForm(last('ENTRYPOINT').text),
      ...execForm(last('CMD').text),
    ];
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    daemon = child;
    await ready(child);
    const [probe = '', ...words] = execForm(last('HEALTHCHECK').text.replace(/^CMD /, ''));
    expect((await promisify(execFile)(probe, words, options)).stdout).to.equal('ok\n');
    const exited = once(child, 'exit');
    child.kill(last('STOPSIGNAL').text as NodeJS.Signals); // checked above
    expect(await exited).to.deep.equal([0, null]);
    const failed = await promisify(execFile)(probe, words, options).catch(
      (error: unknown) => error,
    );
    expect(failed).to.include({ code: 69 });
  });
});

/** @throws Error with what it printed, if it ends before it is ready. */
async function ready({ stdout, stderr }: ChildProcess): Promise<void> {
  if (stdout === null || stderr === null) throw new Error('the child has no pipes');
  let output = '';
  stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  for await (const line of createInterface({ input: stdout })) {
    output += `${line}\n`;
    if (!line.includes('"msg":"ready"')) continue;
    stdout.resume();
    return;
  }
  throw new Error(`it ended before it was ready:\n${output}`);
}
