import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { freePorts } from '../support/free-ports.js';
import { eventually } from './worlds.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cmd/shared-lock.js', import.meta.url));

/** As in the image. */
const IMAGE = { SHARED_LOCK_STORAGE_TYPE: 'etcd', SHARED_LOCK_SERVER_PORT: '' };

describe('the built daemon with the variables of the counter app', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let daemon: DaemonProcess;
  let env: Record<string, string>;
  let url: string;

  before(async () => {
    etcd = await startEtcd();
    const [httpPort = 0] = await freePorts(1);
    const { hostname, port } = new URL(etcd.endpoints[0] ?? '');
    // Those of `docker run -e …` in its document.
    const theirs = { ETCD_HOST: hostname, ETCD_PORT: port, HTTP_PORT: String(httpPort) };
    env = { ...IMAGE, ...theirs, ETCD_LOCK_KEY: '/my/lock', ETCD_LOCK_TTL: '2' };
    url = `http://127.0.0.1:${httpPort}`;
    daemon = await DaemonProcess.start({ env });
  });

  after(async () => {
    await daemon.dispose();
    await etcd.dispose();
  });

  const increase = async (sleep: number): Promise<number> =>
    (
      await fetch(`${url}/increase_counter`, {
        method: 'POST',
        body: new URLSearchParams({ sleep: String(sleep) }),
      })
    ).status;

  it('counts on that etcd, at that port, under that lock, with that TTL', async () => {
    const counting = increase(1);
    await eventually('the lock is held', async () => {
      const lock = (await (await fetch(`${url}/v1/locks/%2Fmy%2Flock`)).json()) as {
        held: boolean;
      };
      return lock.held;
    });
    expect(await counting).to.equal(200);
    expect(await increase(2)).to.equal(408);
    expect(await (await fetch(`${url}/read_counter`)).text()).to.equal('{"counter":1}\n');
    expect(daemon.output).to.contain('since ETCD_LOCK_KEY is set');
  });

  it('is found by the health check of the same environment', async () => {
    const surroundings = { env: { PATH: process.env.PATH, ...env } };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [PROGRAM, 'health'],
      surroundings,
    );
    expect(stdout).to.equal('ok\n');
  });
});
