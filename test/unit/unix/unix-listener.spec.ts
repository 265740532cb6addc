import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { SocketAccess } from '../../../src/server/handlers/wire.js';
import { UnixListener } from '../../../src/unix/unix-listener.js';

describe('UnixListener', () => {
  let folder: string;
  let path: string;
  let open: UnixListener[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-unix-'));
    path = join(folder, 'a.sock');
    open = [];
  });
  afterEach(async () => {
    await Promise.all(open.map((one) => one.close()));
    await rm(folder, { recursive: true, force: true });
  });

  async function listen(word: string, at = path, access?: SocketAccess): Promise<UnixListener> {
    const serve = (connection: Socket): void => {
      connection.on('error', () => undefined).end(word);
    };
    const listener = await UnixListener.open(at, serve, access);
    open.push(listener);
    return listener;
  }

  /** The code of why it can't listen. */
  function refusal(at = path): Promise<string> {
    return listen('', at).then(
      () => 'none',
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : ''),
    );
  }

  /** What who listens there says. */
  function said(): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = '';
      connect(path)
        .on('data', (chunk) => (text += chunk.toString()))
        .once('end', () => resolve(text))
        .once('error', reject);
    });
  }

  /** Leaves a socket as a process does that is killed. */
  function leaveStaleSocket(): void {
    const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    try {
      execFileSync(process.execPath, ['-e', script, path]);
    } catch (error) {
      if (!(error instanceof Error && 'signal' in error && error.signal === 'SIGKILL')) throw error;
    }
    expect(existsSync(path)).to.equal(true);
  }

  it('replaces what a killed process left', async () => {
    leaveStaleSocket();
    await listen('new');
    expect(await said()).to.equal('new');
  });

  it('leaves a live one alone', async () => {
    await listen('first');
    expect(await refusal()).to.equal('EADDRINUSE');
    expect(await said()).to.equal('first');
    expect(readdirSync(folder)).to.deep.equal(['a.sock']);
  });

  it('lets one of many win a stale one', async () => {
    leaveStaleSocket();
    const refusals = await Promise.all(Array.from({ length: 8 }, () => refusal()));
    expect(refusals.filter((code) => code === 'none')).to.have.length(1);
    expect(await said()).to.equal('');
  });

  it('leaves alone what is no socket', async () => {
    writeFileSync(path, 'precious');
    expect(await refusal()).to.equal('EEXIST');
  });

  it('can not have a place in a folder that is not there', async () => {
    expect(await refusal(join(folder, 'none', 'a.sock'))).to.equal('ENOENT');
  });

  it('refuses a path that the system would cut', async () => {
    const room = 107 - folder.length - 1;
    expect(await refusal(join(folder, 'x'.repeat(room + 1)))).to.equal('ENAMETOOLONG');
    expect(await refusal(join(folder, 'x'.repeat(room)))).to.equal('none');
    const deep = join(folder, 'y'.repeat(95 - folder.length));
    await mkdir(deep);
    expect(await refusal(join(deep, 'a'))).to.equal('ENAMETOOLONG');
  });

  it('is never open to others, however the process makes its files', async () => {
    const before = process.umask(0);
    try {
      chmodSync(folder, 0o777);
      await listen('');
    } finally {
      process.umask(before);
    }
    const mode = execFileSync('stat', ['-c', '%a', path]).toString().trim();
    expect(mode).to.equal('600');
  });

  it('has the mode and the group that it is given, however the process makes its files', async () => {
    const before = process.umask(0o777);
    try {
      await listen('', path, { mode: 0o660, groupId: process.getgid?.() });
    } finally {
      process.umask(before);
    }
    const { mode, gid } = statSync(path);
    expect(mode & 0o777).to.equal(0o660);
    expect(gid).to.equal(process.getgid?.());
  });

  // Only root can be somebody else for a while.
  if (process.getuid?.() === 0) {
    it('is not given to a group that its user is not in', async () => {
      const user = 47_112;
      chownSync(folder, user, user);
      process.seteuid?.(user);
      try {
        const access = { mode: 0o660, groupId: 47_111 };
        const error = await listen('', path, access).catch((reason: unknown) => reason);
        expect(error).to.have.property('code', 'EGROUP');
      } finally {
        process.seteuid?.(0);
      }
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  }

  it('does not remove the file of one that came after it', async () => {
    const first = await listen('first');
    await rm(path);
    await listen('second');
    await first.close();
    expect(await said()).to.equal('second');
  });
});
