import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client, Lock } from '../../src/index.js';
import { CliProcess, cliFor } from '../support/cli-process.js';
import type { CliResult } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { isAlive, stateOf } from '../support/processes.js';
import { eventually } from './worlds.js';

const FORWARDED = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
] as const;

describe('shared-lock run', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let folder: string;
  let cli: ReturnType<typeof cliFor>;
  let client: Client;
  before(async () => {
    daemon = await DaemonProcess.start();
    folder = mkdtempSync(join(tmpdir(), 'sl-run-'));
    cli = cliFor(daemon.grpcAddress);
    client = connect({ address: daemon.grpcAddress });
  });
  after(async () => {
    await client.close();
    await daemon.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (...args: string[]): CliProcess =>
    new CliProcess(['run', ...args], { address: daemon.grpcAddress });
  const script = (name: string, text: string): Promise<CliResult> =>
    cli(['run', name, '--', 'sh', '-c', text]);
  const isHeld = async (name: string): Promise<boolean> =>
    (await client.locks.get(name)).holderCount > 0;
  const isAwaited = async (name: string): Promise<boolean> =>
    (await client.locks.get(name)).waiterCount > 0;
  /** By somebody who does not run anything. */
  const take = (name: string): Promise<Lock> => client.acquire(name, { owner: 'alice' });

  it('runs the command while the lock is held, and releases it at once', async () => {
    const run = start('held', '--ttl', '1m', '--', 'sh', '-c', 'echo up; exec sleep 60');
    await run.says(/up/);
    const { holders } = await client.locks.get('held');
    expect(holders.map(({ owner }) => owner)).to.match(new RegExp(`^\\S+@\\S+:${run.pid}$`));
    run.signal('SIGTERM');
    expect((await run.ended).code).to.equal(143);
    expect(await isHeld('held')).to.equal(false);
  });

  it('returns the exit code of the command', async () => {
    expect((await script('code', 'exit 0')).code).to.equal(0);
    expect((await script('code', 'exit 37')).code).to.equal(37);
  });

  it('returns 128 and the number of the signal that ended the command', async () => {
    expect((await script('signal', 'kill -KILL $$')).code).to.equal(137);
    expect((await script('signal', 'kill -USR1 $$')).code).to.equal(138);
  });

  it('returns 127 for a command that is not there, 126 for one that can not be executed', async () => {
    const missing = await cli(['run', 'missing', '--', 'no-such-command']);
    expect(missing.code).to.equal(127);
    expect(missing.err).to.equal(
      'shared-lock: no-such-command: there is no such command; look at its spelling, and at PATH\n',
    );
    expect((await cli(['run', 'missing', '--', folder])).code).to.equal(126);
    const { code, err } = await cli(['run', 'missing', '--', `${process.execPath}/x`]);
    expect(code).to.equal(126);
    expect(err).to.match(/^shared-lock: .*\/x: can't be executed \(ENOTDIR\).*\n$/);
    expect(await isHeld('missing')).to.equal(false);
  });

  it('hands its arguments, input and outputs to the command as they are', async () => {
    const text = 'cat; printf "[%s]" "$@"; echo problem >&2';
    const result = await cli(['run', 'io', '--', 'sh', '-c', text, 'sh', '-x', '--', 'a b', '*'], {
      input: 'in\n',
    });
    expect(result).to.deep.equal({ code: 0, out: 'in\n[-x][--][a b][*]', err: 'problem\n' });
  });

  it('tells the command the name and the token, and never the lease', async () => {
    const { leaseId: lease } = await client.leases.create();
    const { out } = await cli(['run', 'the env', '--', 'env'], {
      env: { SHARED_LOCK_LEASE: lease },
    });
    expect(out).to.match(/^SHARED_LOCK_NAME=the env$/m);
    expect(out).to.match(/^SHARED_LOCK_FENCING_TOKEN=[1-9][0-9]*$/m);
    expect(out).to.not.match(/LEASE|NODE_CHANNEL/);
    expect(out).to.not.contain(lease);
  });

  it('ends with 75, or -E, if the lock is not got, and does not run the command; with 0 in silence', async () => {
    await take('taken');
    const { code, out, err } = await cli(['run', 'taken', '--wait', '0', '--', 'echo', 'no']);
    expect({ code, out }).to.deep.equal({ code: 75, out: '' });
    expect(err).to.contain('held by alice');
    const other = await cli(['run', 'taken', '--wait', '100ms', '-E', '0', '--', 'echo', 'no']);
    expect(other).to.include({ code: 0, out: '', err: '' });
  });

  it('waits for the lock without an end, unless it is told otherwise', async () => {
    const lock = await take('later');
    const run = start('later', '--', 'echo', 'mine');
    await eventually('it waits', () => isAwaited('later'));
    await lock.release();
    expect(await run.ended).to.deep.equal({ code: 0, out: 'mine\n', err: '' });
  });

  it('tells who holds the lock while it waits, and when that is somebody else, if it is asked to', async () => {
    const [alice, bob] = [await take('told'), client.acquire('told', { owner: 'bob' })];
    await eventually('bob waits', () => isAwaited('told'));
    const run = start('told', '--verbose', '--', 'echo', 'mine');
    await run.says(/held by alice/);
    await alice.release();
    await run.says(/held by bob/);
    await (await bob).release();
    const line = (owner: string): string =>
      `shared-lock: waiting for lock "told": it is held by ${owner}\n`;
    const err = `${line('alice')}${line('bob')}`;
    expect(await run.ended).to.deep.equal({ code: 0, out: 'mine\n', err });
  });

  it('leaves the queue when it is ended while it waits', async () => {
    await take('given up');
    const run = start('given up', '--', 'echo', 'no');
    await eventually('it waits', () => isAwaited('given up'));
    run.signal('SIGTERM');
    expect(await run.ended).to.include({ code: 143, out: '' });
    await eventually('it is gone', async () => !(await isAwaited('given up')));
  });

  it('leaves no lock behind when a signal comes right after the lock', async () => {
    const lock = await take('just got');
    const run = start('just got', '--ttl', '1m', '--', 'sleep', '60');
    await eventually('it waits', () => isAwaited('just got'));
    const watching = (async () => {
      for await (const event of client.locks.watch('just got')) {
        if (event.kind === 'ACQUIRED') return;
      }
    })();
    await lock.release();
    await watching;
    run.signal('SIGTERM');
    expect((await run.ended).code).to.equal(143);
    expect(await isHeld('just got')).to.equal(false);
  });

  it('keeps the lock as long as the command runs', async () => {
    const text = 'for i in 1 2 3 4 5 6 7 8; do sleep 0.5; done; echo done';
    const run = start('kept', '--ttl', '2s', '--', 'sh', '-c', text);
    expect(await run.ended).to.deep.equal({ code: 0, out: 'done\n', err: '' });
  });

  for (const signal of FORWARDED) {
    it(`sends ${signal} on to the command`, async () => {
      const name = signal.slice(3);
      const text = `trap 'echo got ${name}; exit 5' ${name}; echo up; while :; do sleep 0.02; done`;
      const run = start(`to ${name}`, '--', 'sh', '-c', text);
      await run.says(/up/);
      run.signal(signal);
      expect(await run.ended).to.include({ code: 5, out: `up\ngot ${name}\n` });
    });
  }

  it('runs the command in a process group of its own, all of which a signal reaches', async () => {
    const text = 'sleep 60 & echo "$$ $!"; wait';
    const run = start('group', '--', 'sh', '-c', text);
    const [, leader = '', child = ''] = await run.says(/([0-9]+) ([0-9]+)\n/);
    expect(Number(leader)).to.not.equal(run.pid);
    run.signal('SIGTERM');
    expect((await run.ended).code).to.equal(143);
    expect(isAlive(Number(child))).to.equal(false);
  });

  it('ends what the command leaves behind in its group, before it releases the lock', async () => {
    const text = `trap '' TERM; (trap '' TERM; sleep 60) & echo "$!"`;
    const { code, out } = await script('leftovers', text);
    expect(code).to.equal(0);
    expect(isAlive(Number(out))).to.equal(false);
  });

  it('stops and goes on with the command', async () => {
    const run = start('paused', '--ttl', '1m', '--', 'sh', '-c', 'echo $$; exec sleep 60');
    const [, pid = ''] = await run.says(/([0-9]+)\n/);
    run.signal('SIGTSTP');
    await eventually(
      'both stand still',
      async () => stateOf(run.pid) === 'T' && stateOf(Number(pid)) === 'T',
    );
    run.signal('SIGCONT');
    await eventually(
      'both go on',
      async () => stateOf(run.pid) !== 'T' && stateOf(Number(pid)) !== 'T',
    );
    run.signal('SIGTERM');
    expect((await run.ended).code).to.equal(143);
  });

  it('kills the command at its deadline, though it stands still itself, and says so on waking', async () => {
    const run = start('frozen', '--ttl', '3s', '--', 'sh', '-c', 'echo $$; exec sleep 60');
    const [, pid = ''] = await run.says(/([0-9]+)\n/);
    const next = start('frozen', '--', 'echo', 'mine');
    await eventually('it waits', () => isAwaited('frozen'));
    run.signal('SIGSTOP');
    await next.says(/mine/);
    expect(isAlive(Number(pid))).to.equal(false);
    run.signal('SIGCONT');
    const { code, err } = await run.ended;
    expect(code).to.equal(70);
    expect(err).to.contain('lock "frozen"').and.to.contain('was lost');
  });

  it('kills the command and ends with 70 when an operator takes the lock away', async () => {
    const run = start('forced', '--ttl', '2s', '--', 'sh', '-c', 'echo up; exec sleep 60');
    await run.says(/up/);
    await client.locks.forceRelease('forced', { reason: 'maintenance' });
    const { code, err } = await run.ended;
    expect(code).to.equal(70);
    expect(err).to.contain('maintenance');
  });

  it('ends with 69 in one line if no daemon answers', async () => {
    const { code, err } = await cli([
      'run',
      'x',
      '--address',
      'localhost:1',
      '--timeout',
      '1s',
      '--',
      'true',
    ]);
    expect(code).to.equal(69);
    expect(err).to.match(/^shared-lock: no daemon answers at localhost:1: .*--address\n$/);
  });

  it('ends with 64 without a command', async () => {
    expect((await cli(['run', 'x'])).code).to.equal(64);
  });
});
