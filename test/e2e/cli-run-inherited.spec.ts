import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { freePorts } from '../support/free-ports.js';
import { eventually } from './worlds.js';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const PATH = [BIN, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
const SHELLS = ['bash', 'dash'] as const;

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('what shared-lock run was started with', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let client: Client;
  let folder: string;
  before(async () => {
    daemon = await DaemonProcess.start();
    client = connect({ address: daemon.grpcAddress });
    folder = mkdtempSync(join(tmpdir(), 'sl inherited '));
  });
  after(async () => {
    await client.close();
    await daemon.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** In a session of its own: without a terminal. */
  const script = async (shell: string, text: string): Promise<Result> => {
    const env = { PATH, HOME: folder, SHARED_LOCK_ADDRESS: daemon.grpcAddress };
    const words = ['--wait', shell, '-c', text];
    const { code, stdout, stderr } = await promisify(execFile)('setsid', words, {
      env,
      cwd: folder,
    })
      .then((done) => ({ code: 0, ...done }))
      .catch((error: unknown) => error as { code: number; stdout: string; stderr: string });
    return { code, out: stdout, err: stderr };
  };
  const isHeld = async (name: string): Promise<boolean> =>
    (await client.locks.get(name)).holderCount > 0;

  for (const shell of SHELLS) {
    describe(`by ${shell}`, () => {
      it('stays ignored, by it and by its command: a signal that nohup or a script ignores', async () => {
        const shown = `sh -c 'kill -s HUP $$; kill -s INT $$; echo "it lives"'`;
        expect(await script(shell, `trap '' HUP INT; shared-lock run x -- ${shown}`)).to.deep.equal(
          {
            ...{ code: 0, out: 'it lives\n', err: '' },
          },
        );
        const background = `shared-lock run ${shell} --ttl 1m -- sh -c 'sleep 1.5; echo "it lives"' & pid=$!`;
        const meanwhile = script(shell, `${background}; sleep 1; kill -s INT $pid; wait $pid`);
        expect(await meanwhile).to.deep.equal({ code: 0, out: 'it lives\n', err: '' });
        const hungUp = await script(
          shell,
          `nohup shared-lock run x -- sh -c 'kill -s HUP $PPID; kill -s HUP $$; echo "it lives"' 2>/dev/null`,
        );
        expect(hungUp).to.deep.equal({ code: 0, out: 'it lives\n', err: '' });
      });

      it('is ignored by those alone that are: the others end it', async () => {
        const { code } = await script(
          shell,
          `trap '' HUP; shared-lock run x -- sh -c 'kill -s TERM $$'`,
        );
        expect(code).to.equal(143);
      });

      it('stays ignored while it waits for the lock', async () => {
        await using lock = await client.acquire(`waiting ${shell}`, { owner: 'alice' });
        const waiting = script(
          shell,
          `trap '' HUP; shared-lock run 'waiting ${shell}' -- echo mine & pid=$!; sleep 1; kill -s HUP $pid; wait $pid`,
        );
        await eventually('it waits', async () => {
          return (await client.locks.get(`waiting ${shell}`)).waiterCount === 1;
        });
        await new Promise((resolve) => setTimeout(resolve, 1200));
        await lock.release();
        expect(await waiting).to.deep.equal({ code: 0, out: 'mine\n', err: '' });
      });

      it('are open files, by their numbers, and no others', async () => {
        const list = `sh -c 'for fd in /proc/$$/fd/*; do [ -e $fd ] && printf "%s " \${fd##*/}; done; cat <&5; echo out >&9'`;
        writeFileSync(join(folder, 'input'), 'in\n');
        // Whatever the tests themselves were started with is there both times.
        const open = shell === 'bash' ? '5<input 9>&1 200>&1' : '5<input 9>&1';
        const text = `exec ${open}; ${list}; exec 5<input; shared-lock run x -- ${list}`;
        const [direct, under] = (await script(shell, text)).out.split(/(?<=out\n)(?=0)/);
        expect(under).to.equal(direct).and.to.contain(' 5 9 in\nout\n');
      });

      it('is the limit of open files', async () => {
        const { out } = await script(
          shell,
          'ulimit -Sn 321; shared-lock run x -- sh -c "ulimit -Sn; ulimit -Hn"',
        );
        const [soft, hard] = out.trim().split('\n');
        expect(soft).to.equal('321');
        expect(Number(hard)).to.be.above(321);
      });
    });
  }

  it('are functions that bash exports, and variables of any name', async () => {
    const text = `greet() { echo "hello
world, $1"; }; export -f greet; env a.b='c d' shared-lock run x -- bash -c 'greet ann; env | grep ^a.b'`;
    expect(await script('bash', text)).to.deep.equal({
      ...{ code: 0, out: 'hello\nworld, ann\na.b=c d\n', err: '' },
    });
  });

  it('stays ignored by what else runs for long', async () => {
    const { leaseId } = await client.leases.create({ ttlMs: 3000 });
    const keep = `trap '' HUP; shared-lock lease keepalive --follow ${leaseId}`;
    const { out } = await script(
      'dash',
      `(${keep}) & pid=$!; sleep 1; kill -s HUP $pid; sleep 2; kill -s TERM $pid && echo "it lives"`,
    );
    expect(out).to.contain('it lives');
  });

  it('stays ignored by a daemon', async () => {
    const [http = 0, grpc = 0] = await freePorts(2);
    const ports = `SHARED_LOCK_SERVER_PORT=${http} SHARED_LOCK_GRPC_PORT=${grpc}`;
    const serving = script(
      'dash',
      `trap '' INT HUP; ${ports} shared-lock serve --storage memory & echo $! >pid; wait $!`,
    );
    const url = `http://127.0.0.1:${http}/readyz`;
    const isReady = (): Promise<boolean> =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually('it is ready', isReady);
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.kill(pid, signal);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await isReady()).to.equal(true);
    process.kill(pid, 'SIGTERM');
    expect((await serving).code).to.equal(0);
  });

  it('hides no end of the guard, however high the descriptors are', async () => {
    const killsGuard = `sh -c 'kill -s KILL $PPID; exec sleep 60'`;
    const { code } = await script('bash', `exec 200>&1; shared-lock run x -- ${killsGuard}`);
    expect(code).to.equal(71);
  });

  it('is said to the command in no variable', async () => {
    const { out } = await script('bash', 'shared-lock run x -- env');
    expect(out).to.contain('SHARED_LOCK_RUN').and.to.not.contain('INHERITED');
  });

  it("is make's jobserver: jobs under it count with the others", async () => {
    const outer = 'all: ; +@shared-lock run x -- $(MAKE) -s -f inner all\n';
    const job = '@echo $@ begins; sleep 0.4; echo $@ ends\n';
    writeFileSync(join(folder, 'Makefile'), outer);
    writeFileSync(join(folder, 'inner'), `all: a b\na: ; ${job}b: ; ${job}`);
    const { code, out, err } = await script('bash', 'make -sj2');
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    // Both at a time, and make has not warned that there is no jobserver.
    expect(out).to.match(/^(?:[ab] begins\n){2}(?:[ab] ends\n){2}$/);
  });

  it('is known however the program is found: by links, with blanks in the path', async () => {
    symlinkSync(join(BIN, 'shared-lock'), join(folder, 'absolute link'));
    symlinkSync('absolute link', join(folder, 'a link'));
    const { out } = await script(
      'dash',
      `trap '' HUP; './a link' run x -- sh -c 'kill -s HUP $$; echo ok'`,
    );
    expect(out).to.equal('ok\n');
    expect(await isHeld('x')).to.equal(false);
  });

  it('says so if there is no Node.js', async () => {
    const { code, err } = await script('dash', `PATH=/nowhere ${BIN}/shared-lock version`);
    expect(code).to.equal(127);
    expect(err).to.match(/^shared-lock: .*Node\.js.*\n$/);
  });
});
