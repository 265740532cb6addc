import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { ServeOutcome } from '../support/serve-outcome.js';

/** A group and a user that have no names here, nor files. */
const GROUP = 47_111;
const USER = 47_112;
const IS_ROOT = process.getuid?.() === 0;

const ASK = `require('node:http').get({ socketPath: process.argv[1], path: '/livez' },
  (answer) => { console.log(answer.statusCode); answer.resume(); }).on('error', (error) => console.log(error.code));`;

/** What another user gets who asks over a socket. */
async function asks(path: string, gid: number): Promise<string> {
  const child = spawn(process.execPath, ['-e', ASK, path], { uid: USER, gid, cwd: '/' });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(child, 'close');
  return said.trim();
}

describe("The daemon's Unix sockets", function () {
  this.timeout(60_000);
  let folder: string;
  let daemon: DaemonProcess | undefined;

  const http = (): string => join(folder, 'http.sock');
  const grpc = (): string => join(folder, 'grpc.sock');
  const group = IS_ROOT ? GROUP : (process.getgid?.() ?? 0);

  const start = async (env: Record<string, string> = {}): Promise<DaemonProcess> => {
    const paths = { SHARED_LOCK_HTTP_SOCKET_PATH: http(), SHARED_LOCK_GRPC_SOCKET_PATH: grpc() };
    daemon = await DaemonProcess.start({ env: { ...paths, ...env } });
    return daemon;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-sockets-'));
    await chmod(folder, 0o755);
  });

  afterEach(async () => {
    await daemon?.dispose();
    daemon = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  it('have the mode and the group that are set', async () => {
    await start({ SHARED_LOCK_SOCKET_MODE: '0660', SHARED_LOCK_SOCKET_GROUP: String(group) });
    for (const path of [http(), grpc()]) {
      const { mode, gid } = await stat(path);
      expect(mode & 0o777).to.equal(0o660);
      expect(gid).to.equal(group);
    }
  });

  it('have mode 0600 if nothing is set', async () => {
    await start();
    for (const path of [http(), grpc()]) expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it('need a group that there is', async () => {
    const env = { SHARED_LOCK_HTTP_SOCKET_PATH: http(), SHARED_LOCK_SOCKET_GROUP: 'no-such-group' };
    const { code, err } = await new ServeOutcome(['--storage', 'memory'], env).ended;
    expect(code).to.equal(78, err);
    expect(err).to.contain('there is no group no-such-group');
  });

  // Only root can be somebody else.
  if (IS_ROOT) {
    it('let another user in who is in the group, and nobody else', async () => {
      await start({ SHARED_LOCK_SOCKET_MODE: '0660', SHARED_LOCK_SOCKET_GROUP: String(GROUP) });
      expect(await asks(http(), GROUP)).to.equal('200');
      expect(await asks(http(), USER)).to.equal('EACCES');
    });

    it('let no other user in if nothing is set', async () => {
      await start();
      expect(await asks(http(), GROUP)).to.equal('EACCES');
    });
  }
});
