import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { makeCertificates } from '../support/certificates.js';
import { Program } from '../support/child.js';
import { track } from '../support/leftovers.js';
import { ServeOutcome } from '../support/serve-outcome.js';
import { until } from '../support/until.js';

const DEBUGGER_PORT = 9229;
const SERVE = [
  ...[process.execPath, 'dist/cmd/shared-lock.js', 'serve'],
  ...['--port', '0', '--grpc-port', '0'],
].join(' ');

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

describe('The daemon, told something by a signal', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'sl-signals-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('stops in order when it was started by npm, and npm is ended', async () => {
    const npm = new Program(['npm', 'start', '--silent'], {
      ...process.env,
      SHARED_LOCK_STORAGE_TYPE: 'memory',
      SHARED_LOCK_SERVER_PORT: '0',
      SHARED_LOCK_GRPC_PORT: '0',
      SHARED_LOCK_LOG_DIR: folder,
    });
    await npm.until(() => npm.lines.some((line) => line.includes('"msg":"ready"')));
    npm.signal('SIGTERM');
    const log = (): string => readFileSync(join(folder, 'app.log'), 'utf8');
    await until('it has stopped', () => log().includes('"msg":"stopped"'));
  });

  context('without a terminal', () => {
    let daemon: ServeOutcome;
    const serve = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
      daemon = new ServeOutcome(['--storage', 'memory'], { SHARED_LOCK_LOG_DIR: folder, ...env });
      await until('it is ready', () => daemon.isReady);
    };
    const log = (): string => readFileSync(join(folder, 'app.log'), 'utf8');
    afterEach(async () => {
      daemon.signal('SIGTERM');
      expect(await daemon.ended).to.include({ code: 0, err: '' });
    });

    for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) {
      it(`lives on after ${signal}, and opens no debugger`, async () => {
        await serve();
        daemon.signal(signal);
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect(await isListening(DEBUGGER_PORT)).to.equal(false);
      });
    }

    it('opens its log files again on SIGHUP', async () => {
      await serve();
      for (const round of [1, 2]) {
        const moved = join(folder, `moved.${round}`);
        renameSync(join(folder, 'app.log'), moved);
        daemon.signal('SIGHUP');
        await until('there is a new one', () => existsSync(join(folder, 'app.log')));
        expect(readFileSync(moved, 'utf8')).to.contain(round === 1 ? 'ready' : 'SIGHUP');
      }
      daemon.signal('SIGTERM');
      await daemon.ended;
      expect(log()).to.contain('"msg":"stopped"');
    });

    it('reads its certificate again on SIGHUP', async () => {
      const first = await makeCertificates(folder);
      const second = await makeCertificates(folder, 'other');
      await serve({ SHARED_LOCK_TLS_CERT_PATH: first.cert, SHARED_LOCK_TLS_KEY_PATH: first.key });
      const port = Number(/"httpPort":(\d+)/.exec(daemon.out)?.[1]);
      const shown = (): Promise<string> =>
        new Promise((resolve, reject) => {
          const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
            resolve(socket.getPeerCertificate().fingerprint256);
            socket.destroy();
          });
          socket.once('error', reject);
        });
      const before = await shown();
      renameSync(second.cert, first.cert);
      renameSync(second.key, first.key);
      daemon.signal('SIGHUP');
      // By itself it looks every 10 s.
      await until('it is another one', async () => (await shown()) !== before, 5000);
    });
  });

  context('at a terminal', () => {
    /** In a pseudo terminal. @returns the process that has its other end. */
    const atTerminal = (
      args: string,
    ): {
      readonly child: ReturnType<typeof spawn>;
      readonly ended: Promise<number | null>;
      said: () => string;
    } => {
      const child = track(
        spawn('script', ['-qec', `echo "pid $$"; exec ${SERVE} ${args}`, '/dev/null'], {
          env: {
            PATH: process.env.PATH,
            HOME: process.env.HOME,
            SHARED_LOCK_LOG_DIR: folder,
            SHELL: '/bin/sh',
          },
          stdio: ['pipe', 'pipe', 'inherit'],
        }),
      );
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      return { child, ended, said: () => said };
    };
    const log = (): string => readFileSync(join(folder, 'app.log'), 'utf8');

    it('stops in good order on SIGHUP, however often it comes', async () => {
      const { ended, said } = atTerminal('--storage memory');
      await until('it is ready', () => said().includes('"msg":"ready"'));
      const pid = Number(/pid (\d+)/.exec(said())?.[1]);
      process.kill(pid, 'SIGHUP');
      process.kill(pid, 'SIGHUP');
      expect(await ended).to.equal(0);
      expect(log()).to.match(/"signal":"SIGHUP"[^]*"msg":"stopped"/);
    });

    it('stops in good order when the terminal goes', async () => {
      const { child, said } = atTerminal('--storage memory');
      await until('it is ready', () => said().includes('"msg":"ready"'));
      child.kill('SIGKILL');
      await until('it has stopped', () => log().includes('"msg":"stopped"'));
      expect(log()).to.contain('"signal":"SIGHUP"');
    });

    it('says once why it can not start', async () => {
      const { ended, said } = atTerminal('--etcd 127.0.0.1:1');
      expect(await ended).to.equal(69);
      expect(said().match(/etcd does not answer/g)).to.have.lengthOf(1);
      expect(said()).to.match(/\r\nshared-lock: etcd does not answer: [^\n]+\r\n$/);
      expect(log()).to.contain('etcd does not answer');
    });
  });
});
