import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { eventually } from './worlds.js';

const FOO = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';

interface Line {
  readonly method: string;
  readonly name?: string;
}

/** Method, path, body, content type; and what the line of it says. */
const CALLS: readonly (readonly [string, string, string | undefined, Line])[] = [
  ['POST', '/lease', '{"key":"report"}', { method: 'POST /lease', name: 'report' }],
  ['POST', '/keepalive', '12345', { method: 'POST /keepalive' }],
  ['POST', '/messages', '{"message":"foo"}', { method: 'POST /messages', name: FOO }],
  ['GET', `/messages/${FOO}`, undefined, { method: 'GET /messages/*', name: FOO }],
  ['GET', '/messages/none', undefined, { method: 'GET /messages/*', name: 'none' }],
  ['PUT', '/config/app/a', '1', { method: 'PUT /config/*', name: 'config-cache/app/a' }],
  ['GET', '/config/app/a', undefined, { method: 'GET /config/*', name: 'config-cache/app/a' }],
  ['DELETE', '/config/b', undefined, { method: 'DELETE /config/*', name: 'config-cache/b' }],
  ['GET', '/config?service=web', undefined, { method: 'GET /config', name: 'config-api/web' }],
  ['GET', '/read_counter', undefined, { method: 'GET /read_counter', name: 'counter' }],
  ['POST', '/increase_counter', 'x', { method: 'POST /increase_counter', name: 'counter' }],
];

describe('access.log', function () {
  this.timeout(30_000);
  let dir: string;
  let daemon: DaemonProcess;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sl-access-'));
    daemon = await DaemonProcess.start({ env: { SHARED_LOCK_LOG_DIR: dir } });
  });

  after(async () => {
    await daemon.dispose();
    await rm(dir, { recursive: true });
  });

  it('says of each route of a replaced system which lock, document, message or counter it was', async () => {
    for (const [method, path, body] of CALLS) {
      const response = await fetch(daemon.url + path, { method, ...(body ? { body } : {}) });
      await response.arrayBuffer();
    }
    const lines = async (): Promise<string[]> =>
      (await readFile(join(dir, 'access.log'), 'utf8')).trimEnd().split('\n');
    await eventually('all are written', async () => (await lines()).length === CALLS.length);
    const told = (await lines()).map((line) => {
      const { method, name } = JSON.parse(line) as Line;
      return name === undefined ? { method } : { method, name };
    });
    expect(told).to.deep.equal(CALLS.map(([, , , line]) => line));
  });
});
