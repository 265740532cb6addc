import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { SETTINGS } from '../../src/config/settings.js';
import { makeCertificates } from '../support/certificates.js';
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
    expect(statSync(join(image.root, 'usr/bin/shared-lock')).mode & 0o111).to.equal(0o111);
  });

  const [uid = 0, gid = 0] = last('USER').text.split(':').map(Number);
  const isRoot = process.getuid?.() === 0;

  /** As a container of the image is started: its variables, and these. */
  const inImage = async (more: Readonly<Record<string, string>>) => {
    const [httpPort = 0, grpcPort = 0] = await freePorts(2);
    const env: Record<string, string> = {
      ...image.env,
      PATH: [join(image.root, 'usr/bin'), dirname(process.execPath), process.env.PATH].join(
        delimiter,
      ),
      // Of the image are 0.0.0.0 and the usual ports.
      SHARED_LOCK_SERVER_HOST: '127.0.0.1',
      SHARED_LOCK_SERVER_PORT: String(httpPort),
      SHARED_LOCK_GRPC_PORT: String(grpcPort),
      ...more,
    };
    const options = { cwd: app, env, ...(isRoot ? { uid, gid } : {}) };
    return { url: `http://127.0.0.1:${httpPort}`, options };
  };

  const start = (words: readonly string[], options: object): ChildProcess => {
    const [program = '', ...args] = words;
    return (daemon = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }));
  };

  it('serves and is healthy as nobody, where it may write nothing, and stops when told', async () => {
    const { options } = await inImage({ SHARED_LOCK_ETCD_ADDR_LIST: etcd.endpoints.join(',') });
    const words = [...execForm(last('ENTRYPOINT').text), ...execForm(last('CMD').text)];
    const child = start(words, options);
    await ready(child);
    const [probe = '', ...args] = execForm(last('HEALTHCHECK').text.replace(/^CMD /, ''));
    expect((await promisify(execFile)(probe, args, options)).stdout).to.equal('ok\n');
    const exited = once(child, 'exit');
    child.kill(last('STOPSIGNAL').text as NodeJS.Signals); // checked above
    expect(await exited).to.deep.equal([0, null]);
    const failed = await promisify(execFile)(probe, args, options).catch((error: unknown) => error);
    expect(failed).to.include({ code: 69 });
  });

  context("with the manifest of the original, but for the image's name", () => {
    /** Its command. */
    const words = (): string[] => [join(image.root, 'usr/bin/shared-lock'), 'serve'];
    let folder: string;
    let secured: Etcd;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sl-original-'));
      await chmod(folder, 0o755);
      const { ca, cert, key } = await makeCertificates(folder);
      secured = await startEtcd({ tls: { ca, cert, key } });
      await mkdir(join(folder, 'cert/tls'), { recursive: true });
      for (const [from, name] of [
        [ca, 'ca.crt'],
        [cert, 'tls.crt'],
        [key, 'tls.key'],
      ] as const) {
        await copyFile(from, join(folder, 'cert/tls', name));
      }
    });

    after(async () => {
      await secured.dispose();
      await rm(folder, { recursive: true });
    });

    /** Its volume, of a secret whose files have this mode, and group if it has an `fsGroup`. */
    const inManifest = async (mode: number, group = 0): Promise<ReturnType<typeof inImage>> => {
      const volume = join(folder, 'cert/tls');
      for (const name of ['ca.crt', 'tls.crt', 'tls.key']) {
        if (isRoot) await chown(join(volume, name), 0, group);
        await chmod(join(volume, name), mode);
      }
      return inImage({
        SHARED_LOCK_ETCD_ADDR_LIST: secured.endpoints.join(','),
        SHARED_LOCK_ETCD_TLS: 'true',
        SHARED_LOCK_CA_CERT_PATH: join(volume, 'ca.crt'),
        SHARED_LOCK_CLIENT_CERT_PATH: join(volume, 'tls.crt'),
        SHARED_LOCK_CLIENT_KEY_PATH: join(volume, 'tls.key'),
      });
    };

    for (const [what, mode, group] of [
      ['of its secret, which all may read', 0o644, 0],
      ["of a secret for root and the pod's fsGroup", 0o440, gid],
    ] as const) {
      it(`serves with the certificates ${what}, and its probes go well`, async () => {
        const { url, options } = await inManifest(mode, group);
        const child = start(words(), options);
        await ready(child);
        expect((await fetch(`${url}/health`)).status).to.equal(200);
        const lease = await fetch(`${url}/lease`, { method: 'POST', body: `{"key":"${mode}"}` });
        expect(lease.status).to.equal(201);
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        expect(await exited).to.deep.equal([0, null]);
      });
    }

    it('ends with 77, and names the file, if only root may read it', async () => {
      const { options } = await inManifest(isRoot ? 0o400 : 0);
      const child = start(words(), options);
      const { output, code } = await ended(child);
      expect(code).to.equal(77);
      expect(output).to.match(/cert\/tls\/ca\.crt can't be read \(EACCES\): let this user read it/);
    });
  });
});

async function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

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
