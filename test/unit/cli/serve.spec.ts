import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { ServeProcess, temporaryFolder, type Ended } from './serve-process.js';

const PORTS = ['--port', '0', '--grpc-port', '0'] as const;

describe('shared-lock serve', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let running: ServeProcess[];
  beforeEach(() => {
    folder = temporaryFolder();
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((one) => one.kill()));
    folder.remove();
  });
  const serve = (
    args: readonly string[],
    env?: Record<string, string>,
    uid?: number,
  ): ServeProcess => {
    const started = new ServeProcess(args, env, uid);
    running.push(started);
    return started;
  };
  const onDisk = (): ServeProcess => serve([...PORTS, '--data-dir', join(folder.path, 'data')]);

  /** A start that fails says why in one line on standard error. */
  const failure = async (
    args: readonly string[],
    env?: Record<string, string>,
    uid?: number,
  ): Promise<Ended> => {
    const ended = await serve(args, env, uid).ended;
    expect(ended.stderr).to.match(/^shared-lock: [^\n]+\n$/);
    // That would be our own end, and no trouble.
    expect(ended.stdout).not.to.contain('the storage can not be reached');
    return ended;
  };

  context('when it starts', () => {
    it('says its ports in one line of the log', async () => {
      const { httpPort, grpcPort } = await serve([...PORTS, '--storage', 'memory']).ready();
      expect(httpPort).to.be.above(0);
      expect(grpcPort).to.be.above(0).and.not.to.equal(httpPort);
    });

    it('warns of an address of etcd that it does not use', async () => {
      const env = { SHARED_LOCK_ETCD_ADDR_LIST: '10.0.0.1:2379' };
      const daemon = serve([...PORTS, '--storage', 'memory'], env);
      const { level } = await daemon.logged(
        'SHARED_LOCK_ETCD_ADDR_LIST is not used: storage is memory, which shares nothing with other nodes',
      );
      expect(level).to.equal('warn');
    });

    it('keeps to its log where nobody sits, and says there that its storage is of this node only', async () => {
      const daemon = onDisk();
      const { note, folder: path, tls } = await daemon.logged('ready');
      expect(path).to.equal(join(folder.path, 'data'));
      expect(tls).to.equal(false);
      expect(note).to.contain('this node only').and.to.contain('SHARED_LOCK_ETCD_ADDR_LIST');
      daemon.signal('SIGTERM');
      expect((await daemon.ended).stderr).to.equal('');
    });
  });

  context('when it is told to stop', () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`ends well on ${signal}`, async () => {
        const daemon = onDisk();
        await daemon.ready();
        daemon.signal(signal);
        const { code } = await daemon.ended;
        expect(code).to.equal(0);
        expect(daemon.log.slice(-2).map(({ msg }) => msg)).to.deep.equal(['stopping', 'stopped']);
        expect(daemon.log.filter(({ level }) => level !== 'info')).to.deep.equal([]);
      });
    }

    it('gives its folder free', async () => {
      const daemon = onDisk();
      await daemon.ready();
      daemon.signal('SIGTERM');
      await daemon.ended;
      await onDisk().ready();
    });
  });

  context('when it can not start', () => {
    for (const [flag, other] of [
      ['--port', '--grpc-port'],
      ['--grpc-port', '--port'],
    ] as const) {
      it(`ends with 71 if the port of ${flag} is in use`, async () => {
        const taken = createServer();
        await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
        const { port } = taken.address() as AddressInfo; // it listens on TCP
        const args = [flag, String(port), other, '0', '--storage', 'memory'];
        const ended = await failure(args).finally(() => taken.close());
        expect(ended.stderr).to.contain(`port ${port} of 127.0.0.1 is in use`).and.to.contain(flag);
        expect(ended.code).to.equal(71);
      });
    }

    it('ends with 78 if the host is not of this machine', async () => {
      const ended = await failure([...PORTS, '--storage', 'memory', '--host', '192.0.2.1']);
      expect(ended.stderr).to.contain('192.0.2.1 is no address of this machine');
      expect(ended.code).to.equal(78);
    });

    it('ends with 75 if another daemon has the folder', async () => {
      const daemon = onDisk();
      await daemon.ready();
      const ended = await failure([...PORTS, '--data-dir', join(folder.path, 'data')]);
      expect(ended.stderr)
        .to.contain(folder.path)
        .and.to.contain(`in use by another running process (pid ${daemon.pid})`);
      expect(ended.code).to.equal(75);
    });

    it('ends with 65 if the data are corrupt', async () => {
      const daemon = onDisk();
      await daemon.ready();
      await daemon.kill();
      writeFileSync(join(folder.path, 'data', 'revision.high'), 'x');
      const ended = await failure([...PORTS, '--data-dir', join(folder.path, 'data')]);
      expect(ended.stderr).to.contain('revision.high is corrupt');
      expect(ended.code).to.equal(65);
    });

    it('ends with 73 if the folder can not be made', async () => {
      writeFileSync(join(folder.path, 'file'), '');
      const ended = await failure([...PORTS, '--data-dir', join(folder.path, 'file', 'data')]);
      expect(ended.stderr).to.contain('SHARED_LOCK_DATA_DIR');
      expect(ended.code).to.equal(73);
    });

    // There is no /proc elsewhere.
    if (process.platform === 'linux') {
      it('ends with 73 where no folder can be made', async () => {
        const ended = await failure([...PORTS, '--data-dir', '/proc/foo']);
        expect(ended.stderr).to.contain("the folder /proc/foo can't be made: ENOENT");
        expect(ended.code).to.equal(73);
      });
    }

    // Only root can become another user.
    if (process.getuid?.() === 0) {
      it('ends with 77 if the folder is not writable for this user', async () => {
        const path = join(folder.path, 'data');
        mkdirSync(path, { mode: 0o755 });
        chmodSync(folder.path, 0o755);
        const ended = await failure([...PORTS, '--data-dir', path], {}, 65_534);
        expect(ended.stderr).to.contain(`${path} must be readable and writable for this user`);
        expect(ended.code).to.equal(77);
      });
    }

    it('ends with 69 if etcd does not answer', async () => {
      const ended = await failure([...PORTS, '--etcd', '127.0.0.1:1']);
      expect(ended.stderr).to.contain('127.0.0.1:1');
      expect(ended.code).to.equal(69);
    });

    it('ends with 78 if a certificate is not there', async () => {
      const env = {
        SHARED_LOCK_TLS_CERT_PATH: '/nowhere.crt',
        SHARED_LOCK_TLS_KEY_PATH: '/nowhere.key',
      };
      const ended = await failure([...PORTS, '--storage', 'memory'], env);
      expect(ended.stderr).to.contain("SHARED_LOCK_TLS_CERT_PATH=/nowhere.crt can't be read");
      expect(ended.code).to.equal(78);
    });

    it('ends with 78 if the certificate is not for the key', async () => {
      const first = certificate(join(folder.path, 'a'));
      const second = certificate(join(folder.path, 'b'));
      const env = {
        SHARED_LOCK_TLS_CERT_PATH: first.certificate,
        SHARED_LOCK_TLS_KEY_PATH: second.key,
      };
      const ended = await failure([...PORTS, '--storage', 'memory'], env);
      expect(ended.stderr).to.contain('is not the key that belongs to the certificate');
      expect(ended.code).to.equal(78);
    });

    it("ends with 78 if etcd's authorities are not there", async () => {
      const env = { SHARED_LOCK_CA_CERT_PATH: '/nowhere.crt' };
      const ended = await failure([...PORTS, '--etcd', 'https://127.0.0.1:1'], env);
      expect(ended.stderr).to.contain("SHARED_LOCK_CA_CERT_PATH=/nowhere.crt can't be read");
      expect(ended.code).to.equal(78);
    });
  });
});

function certificate(path: string): { readonly certificate: string; readonly key: string } {
  const files = { certificate: `${path}.crt`, key: `${path}.key` };
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=localhost', '-days', '2', '-keyout', files.key, '-out', files.certificate],
    ],
    { stdio: 'ignore' },
  );
  return files;
}
