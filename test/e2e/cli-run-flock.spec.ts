import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { CliProcess, cliFor } from '../support/cli-process.js';
import type { CliResult } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';

describe("flock's command lines, with shared-lock run", function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let client: Client;
  let cli: (...args: string[]) => Promise<CliResult>;
  before(async () => {
    daemon = await DaemonProcess.start();
    client = connect({ address: daemon.grpcAddress });
    await client.acquire('taken', { owner: 'alice' });
    const run = cliFor(daemon.grpcAddress);
    cli = (...args) => run(['run', ...args]);
  });
  after(async () => {
    await client.close();
    await daemon.dispose();
  });

  const done = (out: string): CliResult => ({ code: 0, out, err: '' });

  it('need no dashes before the command, whose options are its own', async () => {
    expect(await cli('x', 'printf', '%s|', '-n', '--', '-w')).to.deep.equal(done('-n|--|-w|'));
    expect(await cli('-n', 'x', 'sh', '-c', 'echo "$1"', '-', '--wait')).to.deep.equal(
      done('--wait\n'),
    );
    expect(await cli('x', '--ttl', '5s', '-nE', '3', 'echo', '-s')).to.deep.equal(done('-s\n'));
  });

  it('give a line for the shell with -c, before the name and behind it', async () => {
    for (const args of [
      ['x', '-c', 'echo hi; exit 4'],
      ['-c', 'echo hi; exit 4', 'x'],
      ['-nc', 'echo hi; exit 4', 'x'],
    ]) {
      expect(await cli(...args), args.join(' ')).to.deep.equal({ code: 4, out: 'hi\n', err: '' });
    }
  });

  it('have the shell of the caller', async () => {
    const options = { address: daemon.grpcAddress, env: { SHELL: '/bin/echo' } };
    const { out } = await new CliProcess(['run', 'x', '-c', 'a line'], options).ended;
    expect(out).to.equal('-c a line\n');
  });

  it('do not wait with -n, whatever -w says, and end with -E', async () => {
    for (const [code, ...args] of [
      [75, '-n', 'taken'],
      [9, '-nE9', 'taken'],
      [1, '-w', '20', '-n', '-E', '1', 'taken'],
    ] as const) {
      const result = await cli(...args, 'echo', 'no');
      expect(result, args.join(' ')).to.include({ code, out: '' });
      expect(result.err).to.match(/^shared-lock: .*held by alice\n$/);
    }
  });

  it('wait for seconds where a number has no unit', async () => {
    for (const wait of ['-w', '--wait']) {
      const began = performance.now();
      expect((await cli(wait, '1.2', 'taken', 'echo', 'no')).code).to.equal(75);
      expect(performance.now() - began).to.be.within(1200, 15_000);
    }
    expect((await cli('-w', 'soon', 'x', 'true')).code).to.equal(64);
  });

  it('share the lock with -s, and have it alone with -x', async () => {
    await client.acquire('shared', { mode: 'SHARED' });
    expect(await cli('-n', '-s', 'shared', 'echo', 'both')).to.deep.equal(done('both\n'));
    expect((await cli('-n', '-x', 'shared', 'echo', 'no')).code).to.equal(75);
    expect((await cli('-sx', 'shared', 'echo', 'no')).code).to.equal(64);
  });

  it('are told of -c if a line was given for a command', async () => {
    const { code, err } = await cli('x', '--', 'echo hi');
    expect(code).to.equal(127);
    expect(err).to.match(/^shared-lock: echo hi: there is no such command; .*-c 'echo hi'\n$/);
    expect((await cli('x', '--', 'echohi')).err).to.not.contain('-c');
  });

  it('have one command, or one line', async () => {
    for (const args of [['x'], ['x', '-c', 'true', '--', 'true'], ['x', '-c', 'true', 'true']]) {
      const { code, err } = await cli(...args);
      expect(code, args.join(' ')).to.equal(64);
      expect(err).to.match(/^shared-lock: give a command to run, or a line for the shell with -c/);
    }
  });
});
