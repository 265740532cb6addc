import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { Child } from '../support/child.js';
import { CliProcess } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { isAlive } from '../support/processes.js';
import { eventually } from './worlds.js';

/** Tells its number, and does not end by itself. */
const COMMAND = ['sh', '-c', 'echo "pid $$"; exec sleep 60'] as const;
const AT_A_TIME = 4;

describe('the guard of shared-lock run', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let client: Client;
  before(async () => {
    daemon = await DaemonProcess.start();
    client = connect({ address: daemon.grpcAddress });
  });
  after(async () => {
    await client.close();
    await daemon.dispose();
  });

  interface Running {
    readonly run: CliProcess;
    readonly pid: number;
  }
  const start = async (name: string, command: readonly string[] = COMMAND): Promise<Running> => {
    const run = new CliProcess(['run', name, '--ttl', '1m', '--', ...command], {
      address: daemon.grpcAddress,
    });
    const [, pid = ''] = await run.says(/pid ([0-9]+)\n/);
    return { run, pid: Number(pid) };
  };
  const isHeld = async (name: string): Promise<boolean> =>
    (await client.locks.get(name)).holderCount > 0;
  const isDead = (pid: number): Promise<void> =>
    eventually('the command is dead', () => Promise.resolve(!isAlive(pid)));

  it('ends the command when run is killed, at the first sign of the command', async () => {
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async (_, at) => {
        const { run, pid } = await start(`killed ${at}`);
        run.signal('SIGKILL');
        await isDead(pid);
        await run.ended;
        // Long before its TTL is over.
        await eventually('it is given back', async () => !(await isHeld(`killed ${at}`)));
      }),
    );
  });

  it('gives the lock back when run is killed, but not before the command is dead', async () => {
    const deaf = ['sh', '-c', `trap '' TERM; echo "pid $$"; while :; do sleep 0.05; done`];
    const { run, pid } = await start('given back', deaf);
    const next = client.acquire('given back').then((lock) => {
      const wasAlive = isAlive(pid);
      return lock.release().then(() => wasAlive);
    });
    await eventually('it queues', async () => {
      return (await client.locks.get('given back')).waiterCount === 1;
    });
    run.signal('SIGKILL');
    expect(await next).to.equal(false);
  });

  it('leaves no command behind when run is killed while it tells what to run', async () => {
    const parent = new Child('dying-parent.ts', COMMAND);
    // Not before all that has its output is gone: the guard, and the command.
    await parent.ended();
    for (const line of parent.lines) {
      expect(isAlive(Number(line.replace('pid ', '')))).to.equal(false);
    }
  });

  it('is not survived by the command when it is killed itself; run says so, and frees the lock', async () => {
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async (_, at) => {
        // By the command, so at once: most often before it could tell that the command runs.
        const text = 'echo "pid $$"; kill -KILL $PPID; exec sleep 60';
        const { run, pid } = await start(`unguarded ${at}`, ['sh', '-c', text]);
        const { code, err } = await run.ended;
        expect(isAlive(pid)).to.equal(false);
        expect(code).to.equal(71);
        expect(err).to.equal(
          'shared-lock: the process that ran the command is gone, so the command was killed; try again\n',
        );
        expect(await isHeld(`unguarded ${at}`)).to.equal(false);
      }),
    );
  });
});
