import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
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

  async function listen(word: string, at = path): Promise<UnixListener> {
    const listener = await UnixListener.open(at, (connection) => {
      connection.on('error', () => undefined).end(word);
    });
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

  it('does not remove the file of one that came after it', async () => {
    const first = await listen('first');
    await rm(path);
    await listen('second');
    await first.close();
    expect(await said()).to.equal('second');
  });
});
