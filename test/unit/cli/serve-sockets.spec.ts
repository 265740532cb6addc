import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ServeProcess, temporaryFolder } from './serve-process.js';

describe('shared-lock serve with Unix sockets', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let running: ServeProcess[];
  let env: Record<string, string>;

  beforeEach(() => {
    folder = temporaryFolder();
    running = [];
    env = {
      SHARED_LOCK_STORAGE_TYPE: 'memory',
      SHARED_LOCK_SERVER_PORT: '0',
      SHARED_LOCK_GRPC_PORT: '0',
      SHARED_LOCK_HTTP_SOCKET_PATH: join(folder.path, 'http.sock'),
      SHARED_LOCK_GRPC_SOCKET_PATH: join(folder.path, 'grpc.sock'),
    };
  });
  afterEach(async () => {
    await Promise.all(running.map((one) => one.kill()));
    folder.remove();
  });

  function serve(more: Record<string, string> = {}): ServeProcess {
    const started = new ServeProcess([], { ...env, ...more });
    running.push(started);
    return started;
  }

  /** What `shared-lock health` says, asked with this environment. */
  async function health(args: readonly string[], surroundings: Record<string, string>) {
    const command = ['--import', 'tsx/esm', 'cmd/shared-lock.ts', 'health', ...args];
    const all = { PATH: process.env.PATH, ...surroundings };
    const { stdout } = await promisify(execFile)(process.execPath, command, { env: all });
    return stdout;
  }

  it('starts over what it left when it was killed, and removes it when it is told to stop', async () => {
    const killed = serve();
    await killed.ready();
    await killed.kill();
    expect(existsSync(join(folder.path, 'http.sock'))).to.equal(true);
    const next = serve();
    await next.ready();
    const unix = `unix:${join(folder.path, 'http.sock')}`;
    expect(await health(['--url', unix], {})).to.equal('ok\n');
    expect(await health([], env)).to.equal('ok\n');
    next.signal('SIGTERM');
    expect((await next.ended).code).to.equal(0);
    expect(readdirSync(folder.path)).to.deep.equal([]);
  });

  it('ends with 71 and what to do if another process listens there', async () => {
    await serve().ready();
    const { code, stderr } = await serve().ended;
    expect(code).to.equal(71);
    expect(stderr).to.equal(
      `shared-lock: another process listens on ${join(folder.path, 'http.sock')}: stop it, ` +
        'or set SHARED_LOCK_HTTP_SOCKET_PATH to another path\n',
    );
  });

  it('ends with 73 and what to do if the folder is not there', async () => {
    const path = join(folder.path, 'none', 'grpc.sock');
    const { code, stderr } = await serve({ SHARED_LOCK_GRPC_SOCKET_PATH: path }).ended;
    expect(code).to.equal(73);
    expect(stderr).to.contain(`the folder of ${path} is not there: make it`);
    expect(readdirSync(folder.path)).to.deep.equal([]);
  });
});
