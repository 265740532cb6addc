import { expect } from 'chai';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';

const NAME = 'report\u200b';
const IN_PATH = encodeURIComponent(NAME);

describe('a name with a character that can not be seen', () => {
  let servers: TestServers;

  beforeEach(async () => {
    servers = await startServers();
  });
  afterEach(async () => {
    await servers.stop();
  });

  async function send(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`http://127.0.0.1:${servers.httpPort}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }

  for (const [method, path, body] of [
    ['POST', `/v1/locks/${IN_PATH}:acquire`, {}],
    ['POST', `/v1/locks/${IN_PATH}:hold`, {}],
    ['POST', '/v1/leases', { key: NAME }],
    ['POST', `/v1/elections/${IN_PATH}:campaign`, { candidate: 'a' }],
    ['POST', `/v1/counters/${IN_PATH}:add`, { delta: 1 }],
    ['PUT', `/v1/counters/${IN_PATH}`, { value: 1 }],
    ['POST', `/v1/counters/${IN_PATH}:increaseExclusive`, {}],
    ['POST', '/v1/counters/plain:increaseExclusive', { lock: NAME }],
    ['POST', `/v1/namespaces/a/configs/${IN_PATH}`, { document: '{}' }],
    ['PUT', `/v1/namespaces/a/configs/${IN_PATH}`, { document: '{}' }],
    ['PUT', `/v1/namespaces/${IN_PATH}/configs/a`, { document: '{}' }],
  ] as const) {
    it(`is not made by ${method} ${path.replaceAll(IN_PATH, '…')}`, async () => {
      const { status, text } = await send(method, path, body);
      expect(status, text).to.equal(400);
      expect(text).to.contain('U+200B');
    });
  }

  it('that the original route made can be read, listed, and released', async () => {
    const made = await send('POST', '/lease', { key: NAME, value: '' });
    expect(made.status).to.equal(201);
    const read = await send('GET', `/v1/locks/${IN_PATH}`);
    expect(JSON.parse(read.text)).to.include({ held: true });
    expect((await send('GET', '/v1/locks')).text).to.contain('report');
    const release = await send('POST', `/v1/locks/${IN_PATH}:release`, { leaseId: made.text });
    expect(JSON.parse(release.text)).to.deep.equal({ released: true });
  });

  it('that is there can be counted off and deleted', async () => {
    const add = { min: undefined, max: undefined, requestId: '', fence: undefined };
    await servers.daemon.counters.add({ ...add, name: NAME, delta: 1n });
    expect((await send('GET', `/v1/counters/${IN_PATH}`)).status).to.equal(200);
    expect((await send('DELETE', `/v1/counters/${IN_PATH}`)).status).to.equal(200);
  });
});
