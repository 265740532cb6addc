import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client, Leadership } from '../../src/index.js';
import { CliProcess } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { isAlive } from '../support/processes.js';
import { eventually } from './worlds.js';

describe('shared-lock election run', function () {
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

  const start = (...args: string[]): CliProcess =>
    new CliProcess(['election', 'run', ...args], { address: daemon.grpcAddress });
  const leaderOf = async (name: string): Promise<string | undefined> =>
    (await client.election(name).get()).leader?.candidate;
  const other = (name: string): Promise<Leadership> =>
    client.election(name).campaign({ candidate: 'other' });
  const isStanding = async (name: string): Promise<boolean> =>
    (await client.election(name).get()).candidateCount > 0;

  it('starts the command when it is elected, which sees its term', async () => {
    const leader = await other('elected');
    const run = start('elected', '--candidate', 'me', '--value', 'v', '-c', 'env; exec sleep 60');
    await eventually('it stands', () => isStanding('elected'));
    expect(run.lines).to.deep.equal([]);
    await leader.resign();
    const [, term] = await run.says(/^SHARED_LOCK_TERM=(\d+)\n/m);
    await run.says(/^SHARED_LOCK_ELECTION=elected\n/m);
    const { leader: now } = await client.election('elected').get();
    expect(now).to.include({ candidate: 'me', value: 'v', term: Number(term) });
    run.signal('SIGTERM');
    const { code, err } = await run.ended;
    expect(code).to.equal(143);
    expect(err).to.equal(`shared-lock: election "elected" is won, in term ${term}\n`);
    expect(await leaderOf('elected')).to.equal(undefined);
  });

  it('ends the command when the term is lost, and stands again', async () => {
    const run = start('unseated', '--candidate', 'me', '-c', 'echo pid $$.; exec sleep 60');
    const [, first = ''] = await run.says(/pid (\d+)\./);
    await client.election('unseated').unseat({ reason: 'too slow' });
    const [, second = ''] = await run.says(/pid \d+\.[^]*pid (\d+)\./);
    expect(second).to.not.equal(first);
    expect(isAlive(Number(first))).to.equal(false);
    expect(await leaderOf('unseated')).to.equal('me');
    run.signal('SIGINT');
    const { code, err } = await run.ended;
    expect(code).to.equal(130);
    expect(err).to.match(/too slow.*; the command was killed\n.*"unseated": stands again in 1s\n/);
  });

  it('resigns when the command ends, lets others lead, and stands again after a pause that grows', async () => {
    const run = start('ends', '--candidate', 'me', '-c', 'echo up; exit 3');
    await run.says(/"ends": the command ended with 3, so this resigned, and stands again in 1s\n/);
    const leader = await other('ends');
    await eventually('it stands', () => isStanding('ends'));
    expect(run.lines).to.deep.equal(['up']);
    await leader.resign();
    await run.says(/ended with 3, .* stands again in 2s\n/);
    await run.says(/ended with 3, .* stands again in 4s\n/);
    // While it pauses.
    run.signal('SIGTERM');
    expect((await run.ended).code).to.equal(143);
    expect(await leaderOf('ends')).to.equal(undefined);
  });

  it('ends with the command, and its exit code, with --once', async () => {
    const run = start('--once', 'once', '-c', 'exit 7');
    expect((await run.ended).code).to.equal(7);
    const lost = start('--once', 'once', '--', 'sh', '-c', 'echo up; exec sleep 60');
    await lost.says(/up/);
    await client.election('once').unseat({ reason: 'why' });
    expect((await lost.ended).code).to.equal(70);
  });

  it('ends when a signal does while it waits, and leaves the queue', async () => {
    const leader = await other('waits');
    const run = start('waits', '--', 'true');
    await eventually('it stands', () => isStanding('waits'));
    run.signal('SIGHUP');
    expect(await run.ended).to.include({ code: 129, out: '', err: '' });
    await eventually('it is gone', async () => !(await isStanding('waits')));
    await leader.resign();
  });

  it('ends with what the command makes of a signal, and does not stand again', async () => {
    const run = start('asked', '-c', 'trap "exit 5" TERM; echo up; while :; do sleep 0.1; done');
    await run.says(/up/);
    run.signal('SIGTERM');
    const { code, err } = await run.ended;
    expect(code).to.equal(5);
    expect(err).to.not.contain('stands again');
  });

  it('stands again if the term is lost after a SIGHUP that the command took for something else', async () => {
    const script = 'trap "echo reload" HUP; echo up; while :; do sleep 0.1; done';
    const run = start('reload', '-c', script);
    await run.says(/up/);
    run.signal('SIGHUP');
    await run.says(/reload/);
    await client.election('reload').unseat({ reason: 'why' });
    await run.says(/up[^]*up/);
    run.signal('SIGKILL');
    await run.ended;
  });

  it('ends with 127 if there is no such command', async () => {
    const { code, err } = await start('missing', '--', '/no/such/command').ended;
    expect(code).to.equal(127);
    expect(err).to.contain('there is no such command').and.to.not.contain('stands again');
  });

  it('goes on trying while no daemon answers, but with --once', async () => {
    const away = await DaemonProcess.start();
    await away.kill();
    const address = away.grpcAddress;
    const args = ['election', 'run', 'away', '--timeout', '1s', '-c', 'echo up; exec sleep 60'];
    const once = await new CliProcess([...args, '--once'], { address }).ended;
    expect(once.code).to.equal(69);
    const run = new CliProcess(args, { address });
    await run.says(/"away": .*ECONNREFUSED.*; stands again in 1s\n/);
    await away.startAgain();
    await run.says(/up\n/);
    run.signal('SIGTERM');
    const { code, err } = await run.ended;
    expect(code).to.equal(143);
    expect(err.match(/ECONNREFUSED/g)).to.have.lengthOf(1);
    await away.dispose();
  });
});
