import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { connect } from '../../src/index.js';
import { entryOf, processTable } from '../../src/cli/run/process-table.js';
import type { Client } from '../../src/index.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { isAlive, stateOf } from '../support/processes.js';
import { KEYS, PseudoTerminal } from '../support/pseudo-terminal.js';
import { eventually } from './worlds.js';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const PATH = [BIN, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);

/** Each line that is looked for has a mark in what is typed, lest that be taken for it. */
describe('shared-lock run at a terminal', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let client: Client;
  let terminal: PseudoTerminal;
  before(async () => {
    daemon = await DaemonProcess.start();
    client = connect({ address: daemon.grpcAddress });
  });
  after(async () => {
    await client.close();
    await daemon.dispose();
  });
  afterEach(() => terminal.close());

  const open = async (shell = 'bash --norc -i'): Promise<void> => {
    terminal = new PseudoTerminal(shell, { PATH, SHARED_LOCK_ADDRESS: daemon.grpcAddress });
    await terminal.says(/\$ /);
  };
  const codeIs = async (code: number): Promise<unknown> =>
    terminal.enter('echo "code"=$?', new RegExp(`code=${code}\\n`));
  const isHeld = async (name: string): Promise<boolean> =>
    (await client.locks.get(name)).holderCount > 0;

  for (const shell of ['bash --norc -i', 'dash -i']) {
    const run = 'shared-lock run x --';

    describe(`from ${shell}`, () => {
      beforeEach(() => open(shell));

      it('leaves it to the command: prompts are shown, and answered', async () => {
        const ask = `sh -c 'printf "%s" "na""me? " >/dev/tty; read a </dev/tty; echo "got <$a>"; exit 3'`;
        await terminal.enter(`${run} ${ask} </dev/null`, /name\? /);
        await terminal.enter('ann', /got <ann>/);
        await codeIs(3);
      });

      it('leaves it to a whole pipeline', async () => {
        const first = `sh -c 'echo "rea""dy" >/dev/tty; read a </dev/tty; echo "first <$a>"'`;
        const last = `sh -c 'cat; echo "th""en"; read a </dev/tty; echo "last <$a>"'`;
        await terminal.enter(`${run} ${first} | ${last}`, /ready/);
        await terminal.enter('ann', /first <ann>\nthen/);
        await terminal.enter('bob', /last <bob>/);
        await codeIs(0);
      });

      it('ends by Ctrl-C with the command, and releases the lock', async () => {
        await terminal.enter(`${run} sh -c 'echo "rea""dy"; exec sleep 60'`, /ready/);
        await terminal.press(KEYS.interrupt, /\$ /);
        expect(await isHeld('x')).to.equal(false);
        await codeIs(130);
      });

      it('ends as the command does that takes Ctrl-C in its own way, which it gets once', async () => {
        const text = `n=0; trap "n=\\$((n+1))" INT; echo "rea""dy"; while [ $n = 0 ]; do sleep 0.02; done; sleep 0.5; echo "n="$n; exit 5`;
        await terminal.enter(`${run} sh -c '${text}'`, /ready/);
        await terminal.press(KEYS.interrupt, /n=1\n/);
        await codeIs(5);
      });

      it('stops by Ctrl-Z, and goes on by fg, with the command', async () => {
        await terminal.enter(`${run} sh -c 'echo "rea""dy" $$; read a; echo "got <$a>"'`, /ready/);
        const [, pid = ''] = await terminal.says(/ready ([0-9]+)/);
        await terminal.press(KEYS.stop, /Stopped/);
        await eventually('it stands still', () => Promise.resolve(stateOf(Number(pid)) === 'T'));
        await terminal.enter('fg', /fg/);
        await terminal.enter('ann', /got <ann>/);
        await codeIs(0);
      });
    });
  }

  it('ends a loop of the shell by Ctrl-C, while it runs, and while it waits', async () => {
    await open();
    const loop = (name: string, ready: string): string =>
      `bash -c 'while :; do shared-lock run ${name} -- sh -c "echo ${ready}; exec sleep 60"; done'`;
    await terminal.enter(loop('x', '\\"rea\\"\\"dy\\"'), /ready/);
    await terminal.press(KEYS.interrupt, /\$ /);
    await codeIs(130);
    await using _ = await client.acquire('taken', { owner: 'alice' });
    await terminal.enter(loop('taken', 'no'), /held by alice/);
    await terminal.press(KEYS.interrupt, /\$ /);
    await codeIs(130);
  });

  it('kills a stopped command when the lock ends, before the next holder has it, and says so once', async () => {
    await open();
    const text = `echo "p""id" $$; setsid sleep 60 & exec sleep 60`;
    await terminal.enter(`shared-lock run x --ttl 3s -- sh -c '${text}'`, /pid [0-9]+/);
    const pid = Number((await terminal.says(/pid ([0-9]+)/))[1]);
    await terminal.press(KEYS.stop, /Stopped/);
    const lock = await client.acquire('x', { waitMs: 20_000 });
    // Dead and not collected: its parent stands still.
    expect(isAlive(pid)).to.equal(false);
    await lock.release();
    const from = terminal.shown.length;
    await terminal.enter('fg', /\$ /);
    await codeIs(70);
    expect(terminal.shown.slice(from).match(/lost/g)).to.have.lengthOf(1);
  });

  it('has the terminal after fg, if it was started in the background', async () => {
    await open();
    const text = `read a; echo "got <$a>"`;
    await terminal.enter(`shared-lock run x -- sh -c '${text}' &`, /\$ /);
    await eventually('it runs', () => isHeld('x'));
    await terminal.enter('fg', /fg/);
    await terminal.enter('ann', /got <ann>/);
    await codeIs(0);
  });

  it('is ended with all that it started, deaf or in another group, when the lock is taken away', async () => {
    await open();
    const deaf = `trap "" TERM; env -i sh -c "trap : TERM; while :; do /bin/sleep 1; done" & echo "p""id" $$ $!; wait; wait`;
    await terminal.enter(`shared-lock run x -- sh -mc '${deaf}'`, /pid/);
    const pids = (await terminal.says(/pid ([0-9]+) ([0-9]+)/)).slice(1).map(Number);
    await client.locks.forceRelease('x', { reason: 'maintenance' });
    await terminal.says(/maintenance/);
    await codeIs(70);
    expect(pids.map(isAlive)).to.deep.equal([false, false]);
  });

  it('ends with the command, and gives the lock back, when it is killed', async () => {
    await open();
    const text = `echo "p""id" $$ $PPID; exec sleep 60`;
    await terminal.enter(`shared-lock run x --ttl 1m -- sh -c '${text}'`, /pid/);
    const [, pid, parent] = await terminal.says(/pid ([0-9]+) ([0-9]+)/);
    process.kill(Number(parent), 'SIGKILL');
    await eventually('the command is dead', () => Promise.resolve(!isAlive(Number(pid))));
    await eventually('it is given back', async () => !(await isHeld('x')));
  });

  it('is not survived by its command when the guard is killed', async () => {
    await open();
    const text = `echo "p""id" $$; exec sleep 60`;
    await terminal.enter(`shared-lock run x --ttl 1m -- sh -c '${text}'`, /pid/);
    const [, pid] = await terminal.says(/pid ([0-9]+)/);
    const parent = entryOf(Number(pid))?.parent;
    // Of the children of run, the one in a session of its own.
    const guard = processTable().find(
      (each) => each.parent === parent && each.pid === each.session,
    );
    process.kill(guard?.pid ?? NaN, 'SIGKILL');
    await terminal.says(/the process that ran the command is gone/);
    await codeIs(71);
    expect(isAlive(Number(pid))).to.equal(false);
  });

  it('ends what an interactive shell under it has left running', async () => {
    await open();
    await terminal.enter('shared-lock run x -- bash --norc -i', /\$ /);
    const [, pid] = await terminal.enter('sleep 60 & echo "p""id" $!', /pid ([0-9]+)/);
    await terminal.enter('exit', /\$ /);
    await codeIs(0);
    expect(isAlive(Number(pid))).to.equal(false);
  });

  it('leaves to the terminal what the command has set there', async () => {
    await open();
    const show = `stty -a | tr " ;" "\\n\\n" | grep "^-*ixon"`;
    await terminal.enter(`shared-lock run x -- stty -ixon; ${show}`, /\n-ixon\n/);
  });

  it('runs several at once, as recipes of make, and make ends by Ctrl-C with all', async () => {
    await open();
    const recipe = '\\tshared-lock run $@ -- sh -c "echo $@ is up; exec sleep 60"\\n';
    const file = `all: a b\\na:\\n${recipe}b:\\n${recipe}`;
    await terminal.enter(`printf '${file}' | make -f - -sj2 all`, /(?:[ab] is up\n[^]*){2}/);
    await terminal.press(KEYS.interrupt, /make: .*Interrupt[^]*\$ /);
    expect([await isHeld('a'), await isHeld('b')]).to.deep.equal([false, false]);
  });
});
