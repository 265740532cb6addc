import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = join(ROOT, 'deployment/watchdog.sh');
const PROGRAM = join(ROOT, 'dist/cmd/shared-lock.js');

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('watchdog.sh', () => {
  let folder: string;
  let state: string;
  let restarts: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-watchdog-'));
    state = join(folder, 'state');
    restarts = join(folder, 'restarts');
    writeFileSync(restarts, '');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function surroundings(settings: Record<string, string>): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      WATCHDOG_STATE_DIR: state,
      WATCHDOG_RESTART: `echo restarted >>${restarts}`,
      ...settings,
    };
  }

  function watch(settings: Record<string, string>): Promise<Run> {
    return new Promise((resolve) => {
      const env = surroundings(settings);
      const child = execFile('sh', [SCRIPT], { env }, (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr });
      });
    });
  }

  function restartCount(): number {
    return readFileSync(restarts, 'utf8').split('\n').length - 1;
  }

  context('beside a real daemon', () => {
    let daemon: DaemonProcess;
    let check: string;

    beforeEach(async () => {
      daemon = await DaemonProcess.start();
      check = `${process.execPath} ${PROGRAM} health --live --url ${daemon.url}`;
    });
    afterEach(() => daemon.dispose());

    it('says and does nothing while it answers', async () => {
      const run = await watch({ WATCHDOG_CHECK: check });
      expect(run).to.deep.equal({ code: 0, stdout: '', stderr: '' });
      expect(restartCount()).to.equal(0);
    });

    it('restarts it when it runs but does not answer', async () => {
      daemon.signal('SIGSTOP');
      const { code, stderr } = await watch({ WATCHDOG_CHECK: check, WATCHDOG_FAILURES: '1' });
      expect(code).to.equal(0);
      expect(stderr).to.match(/1 of 1: no daemon answers at .*: no answer within 3 s\n/);
      expect(restartCount()).to.equal(1);
    });
  });

  context('when the check fails', () => {
    const failing = { WATCHDOG_CHECK: 'echo it is gone; false' };

    it('restarts after so many failures in a row, and then counts anew', async () => {
      const said = [];
      for (let run = 0; run < 4; run++) said.push((await watch(failing)).stderr);
      expect(restartCount()).to.equal(1);
      expect(said[0]).to.equal('shared-lock-watchdog: 1 of 3: it is gone\n');
      expect(said[2]).to.contain('3 of 3').and.to.contain('restarts it: echo restarted');
      expect(said[3]).to.contain('1 of 3');
    });

    it('forgets the failures when a check goes well', async () => {
      for (const check of ['false', 'false', 'true', 'false', 'false']) {
        await watch({ WATCHDOG_CHECK: check });
      }
      expect(restartCount()).to.equal(0);
    });

    it('says so if the restart fails too', async () => {
      const settings = { ...failing, WATCHDOG_FAILURES: '1', WATCHDOG_RESTART: 'false' };
      const { code, stderr } = await watch(settings);
      expect(code).to.equal(1);
      expect(stderr).to.contain('the restart failed');
    });

    it('goes on from a count that can not be read', async () => {
      await watch(failing);
      writeFileSync(join(state, 'failures'), 'x\n');
      expect((await watch(failing)).stderr).to.contain('1 of 3');
    });
  });

  context('when it is not set up well', () => {
    it('says that the check can not be run, and restarts nothing', async () => {
      const settings = { WATCHDOG_CHECK: 'no-such-program', WATCHDOG_FAILURES: '1' };
      const { code, stderr } = await watch(settings);
      expect(code).to.equal(64);
      expect(stderr).to.contain('can not run the check').and.to.contain('no-such-program');
      expect(restartCount()).to.equal(0);
    });

    const checks: readonly (readonly [string, string, RegExp])[] = [
      ['a flag that is not known', `health --alive`, /unknown option '--alive'/],
      ['no address', `health --live --url 127.0.0.1:8080`, /127\.0\.0\.1:8080 is no address/],
    ];
    for (const [what, words, said] of checks) {
      it(`says that the check has ${what}, and restarts nothing`, async () => {
        const settings = { WATCHDOG_CHECK: `${process.execPath} ${PROGRAM} ${words}` };
        const { code, stderr } = await watch({ ...settings, WATCHDOG_FAILURES: '1' });
        expect(code).to.equal(64);
        expect(stderr).to.contain('can not run the check').and.to.match(said);
        expect(restartCount()).to.equal(0);
      });
    }

    it('says that a variable of the daemon is misspelled, and restarts nothing', async () => {
      const check = `${process.execPath} ${PROGRAM} health --live`;
      const settings = { WATCHDOG_CHECK: check, WATCHDOG_FAILURES: '1', SHARED_LOCK_PORT: '1' };
      const { code, stderr } = await watch(settings);
      expect(code).to.equal(64);
      expect(stderr).to.contain('SHARED_LOCK_PORT: there is no such variable');
      expect(restartCount()).to.equal(0);
    });

    for (const limit of ['0', '-1', 'x', '1x', '03']) {
      it(`refuses ${limit} failures`, async () => {
        expect((await watch({ WATCHDOG_FAILURES: limit })).code).to.equal(64);
      });
    }

    it('says where it can not write', async () => {
      writeFileSync(state, 'a file');
      const { code, stderr } = await watch({});
      expect(code).to.equal(64);
      expect(stderr).to.contain(`can not write to ${state}: set WATCHDOG_STATE_DIR`);
    });
  });

  context('when another run has not ended', () => {
    it('leaves it to that', async () => {
      const gate = join(folder, 'gate');
      execFileSync('mkfifo', [gate]);
      const env = surroundings({ WATCHDOG_CHECK: `cat ${gate}` });
      const first = spawn('sh', [SCRIPT], { env, stdio: 'ignore' });
      const ended = once(first, 'exit');
      // Its check opens the gate only after it has the lock; this blocks until then.
      const writer = spawn('sh', ['-c', `exec 3>${gate}; echo open; read -r _`]);
      await once(writer.stdout, 'data');
      const second = await watch({ WATCHDOG_CHECK: 'false', WATCHDOG_FAILURES: '1' });
      expect(second).to.deep.equal({ code: 0, stdout: '', stderr: '' });
      expect(restartCount()).to.equal(0);
      writer.stdin.end();
      expect((await ended)[0]).to.equal(0);
      expect(existsSync(join(state, 'lock'))).to.equal(false);
    });

    it('goes on where one was killed', async () => {
      await mkdir(state);
      const dead = spawn('true');
      await once(dead, 'exit');
      symlinkSync(String(dead.pid), join(state, 'lock'));
      await watch({ WATCHDOG_CHECK: 'false', WATCHDOG_FAILURES: '1' });
      expect(restartCount()).to.equal(1);
      expect(lstatSync(join(state, 'lock'), { throwIfNoEntry: false })).to.equal(undefined);
      rmSync(state, { recursive: true });
    });
  });
});
