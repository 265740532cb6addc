import { expect } from 'chai';
import { CliProcess } from '../support/cli-process.js';
import type { CliResult } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { isAlive } from '../support/processes.js';
import { eventually } from './worlds.js';

/** Has Node run something more in each of its processes whose program's path ends so. */
function sabotage(program: string, text: string): Readonly<Record<string, string>> {
  const code = `if (process.argv[1]?.endsWith(${JSON.stringify(program)})) { ${text} }`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

const THROW = "setTimeout(() => { throw new Error('oh\\nno'); }, 700)";
const REJECT = "setTimeout(() => { void Promise.reject(new TypeError('oh')); }, 700)";

const WATCHES = [
  'lock watch x',
  'lease watch 5',
  'election observe x',
  'counter watch x',
  'config watch a',
];

/** A line each; those that wait, or write, among them. */
const COMMANDS: readonly string[] = [
  'lock acquire x --wait 1s',
  'lock release x --lease 5',
  'lock get x',
  'lock list',
  'lock check x 5',
  'lock force-release x --reason test',
  'lease create',
  'lease keepalive 5',
  'lease revoke 5',
  'lease get 5',
  'lease list',
  'election campaign x --wait 1s',
  'election leader x',
  'election resign x --lease 5',
  'election list',
  'counter get x',
  'counter add x',
  'counter set x 1',
  'counter delete x',
  'counter list',
  'config get a b',
  'config put a b {}',
  'config list a',
  'config history a b',
  'message put hello',
  'run x --wait 1s -- true',
  'run x --wait 0 -- true',
];

describe('The command line, when something is wrong', function () {
  this.timeout(120_000);
  let daemon: DaemonProcess;
  before(async () => (daemon = await DaemonProcess.start()));
  after(() => daemon.dispose());

  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): CliProcess =>
    new CliProcess(args, { address: daemon.grpcAddress, env });

  for (const [what, text] of [
    ['an exception', THROW],
    ['a rejection', REJECT],
  ] as const) {
    it(`ends with 70 and one line after ${what} that nobody caught`, async () => {
      const { code, err } = await start(['counter', 'watch', 'x'], sabotage('shared-lock.js', text))
        .ended;
      expect(code).to.equal(70);
      expect(err).to.match(/^shared-lock: the command ended because of a defect: oh[^\n]*\n$/);
    });
  }

  it('shows where with SHARED_LOCK_DEBUG', async () => {
    const env = { ...sabotage('shared-lock.js', THROW), SHARED_LOCK_DEBUG: 'true' };
    expect((await start(['counter', 'watch', 'x'], env).ended).err).to.match(/\n +at /);
  });

  it('kills the command of `run` after a defect of its guard, and says so', async () => {
    const env = sabotage('guard.js', "setTimeout(() => { throw new Error('oh'); }, 3000)");
    const run = start(['run', 'guarded', '--', 'sh', '-c', 'echo "pid $$"; exec sleep 60'], env);
    const [, pid = ''] = await run.says(/pid ([0-9]+)\n/);
    const { code, err } = await run.ended;
    expect(code).to.equal(71);
    expect(err.trim().split('\n')).to.have.lengthOf(2);
    expect(err).to.match(/^shared-lock: the guard of the command ended because of a defect: oh/);
    expect(isAlive(Number(pid))).to.equal(false);
  });

  it('kills the command of `run` after a defect of `run`', async () => {
    const env = sabotage('shared-lock.js', "setTimeout(() => { throw new Error('oh'); }, 4000)");
    const run = start(
      ['run', 'defect', '--ttl', '5s', '--', 'sh', '-c', 'echo "pid $$"; exec sleep 60'],
      env,
    );
    const [, pid = ''] = await run.says(/pid ([0-9]+)\n/);
    expect((await run.ended).code).to.equal(70);
    await eventually('it is dead', () => Promise.resolve(!isAlive(Number(pid))));
  });

  it('ends each watch with 69 and one line where no daemon is', async () => {
    for (const line of WATCHES) {
      const args = [...line.split(' '), '--address', '127.0.0.1:1', '--timeout', '500ms'];
      const { code, out, err } = await start(args).ended;
      expect(err, line).to.match(/^shared-lock: no daemon answers [^\n]+\n$/);
      expect({ code, out }, line).to.deep.equal({ code: 69, out: '' });
    }
  });

  context('because its daemon stands still', () => {
    afterEach(() => {
      daemon.signal('SIGCONT');
    });

    it('ends each command with 69 and one line', async () => {
      daemon.signal('SIGSTOP');
      const left = [...COMMANDS];
      const one = async (): Promise<void> => {
        for (let line = left.shift(); line !== undefined; line = left.shift()) {
          const [before = '', after] = line.split(' -- ');
          const args = [...before.split(' '), '--timeout', '500ms'];
          const { code, out, err } = await start(
            after === undefined ? args : [...args, '--', after],
          ).ended;
          expect(err, line).to.match(/^shared-lock: [^\n]+\n$/);
          expect({ code, out }, line).to.deep.equal({ code: 69, out: '' });
        }
      };
      await Promise.all([one(), one(), one()]);
    });

    for (const ttl of ['2s', '3s', '5s']) {
      it(`ends \`run --wait\` with 69 or 75, and one line: TTL ${ttl}`, async () => {
        const name = `outage ${ttl}`;
        await start(['lock', 'acquire', name, '--ttl', '1h']).ended;
        const args = [
          'run',
          name,
          '--ttl',
          ttl,
          '--wait',
          '4s',
          '--timeout',
          '3s',
          '--',
          'echo',
          'hi',
        ];
        const run = start(args);
        await eventually('it waits', async () => {
          const { out } = await start(['lock', 'get', name, '-o', 'json']).ended;
          return /"waiterCount":"?1/.test(out);
        });
        daemon.signal('SIGSTOP');
        const { code, out, err }: CliResult = await run.ended;
        expect(code).to.be.oneOf([69, 75]);
        expect(err).to.match(/^shared-lock: [^\n]+\n$/);
        expect(out).to.equal('');
      });
    }
  });
});
