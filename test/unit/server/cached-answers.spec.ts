import { expect } from 'chai';
import { configHandlers } from '../../../src/server/handlers/config.js';
import type { Handler } from '../../../src/server/handlers/call.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { caller, memoryStore, startDaemon } from '../../support/services.js';
import { until } from '../../support/until.js';
import { startServers, type TestServers } from '../../support/wire-servers.js';
import { put } from '../service/config-requests.js';

const GET_CONFIG = '/sharedlock.v1.ConfigService/GetConfig';

interface Answer {
  readonly document: string;
  readonly enabled: boolean;
  readonly cached: boolean;
}

describe('a document from memory over HTTP', () => {
  let servers: TestServers;

  beforeEach(async () => {
    servers = await startServers();
  });

  afterEach(() => servers.stop());

  async function ask(query = '', method = 'GET', body?: object): Promise<Response> {
    const url = `http://127.0.0.1:${servers.httpPort}/v1/namespaces/n/configs/c${query}`;
    const headers = { 'content-type': 'application/json' };
    return fetch(url, { method, ...(body ? { body: JSON.stringify(body), headers } : {}) });
  }

  async function read(query = ''): Promise<Answer> {
    return (await (await ask(query)).json()) as Answer;
  }

  async function write(document: string): Promise<void> {
    expect((await ask('', 'PUT', { document })).status).to.equal(200);
    await until('it is in memory', async () => (await read()).cached);
  }

  it('is what was written last, however often it was read before', async () => {
    for (const document of ['1', '2', '"ü"', JSON.stringify('ü'.repeat(10_000))]) {
      await write(document);
      for (let i = 0; i < 3; i++) {
        expect(await read()).to.include({ document, cached: true, enabled: true });
      }
    }
  });

  it('shows a change of its mark', async () => {
    await write('1');
    expect((await ask(':setEnabled', 'POST', { enabled: false })).status).to.equal(200);
    expect(await read()).to.include({ document: '1', cached: true, enabled: false });
  });

  it('has its tag, and is not sent to who has it', async () => {
    await write('1');
    const first = await ask();
    const etag = first.headers.get('etag') ?? '';
    const url = `http://127.0.0.1:${servers.httpPort}/v1/namespaces/n/configs/c`;
    const again = await fetch(url, { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).to.deep.equal([304, '']);
    expect(await (await ask()).text()).to.equal(await first.text());
  });

  it('is told apart from one that was read from the store', async () => {
    await write('1');
    const all = [];
    for (const query of ['', '?consistency=LINEARIZABLE', '']) all.push((await read(query)).cached);
    expect(all).to.deep.equal([true, false, true]);
  });
});

describe('a document from memory, as a handler answers it', () => {
  it('is the same object as long as it is fresh, and has its age when it is not', async () => {
    const { store, clock } = memoryStore();
    const faulty = new FaultyStore(store);
    const daemon = startDaemon(faulty.store, clock);
    const handler = configHandlers(daemon.configs).get(GET_CONFIG) as Extract<
      Handler,
      { kind: 'unary' }
    >;
    const { namespace, name } = await put(daemon, '1');
    const request = { namespace, name, consistency: 'CACHED' };
    const get = (): Promise<object> => handler.handle(request, { ...caller(), wire: 'http' });
    await until('it is in memory', async () => (await get()) === (await get()));
    const fresh = await get();
    expect(fresh).to.include({ document: '1', cached: true });
    expect(fresh).to.have.deep.property('age', { seconds: '0', nanos: 0 });
    faulty.interruptWatches();
    faulty.break();
    const ages = [];
    for (let i = 0; i < 2; i++) {
      await clock.advance(1500);
      const stale = await get();
      expect(stale).to.include({ document: '1', cached: true });
      ages.push((stale as { age: unknown }).age);
    }
    expect(ages[0]).to.not.deep.equal(ages[1]);
    await daemon.stop();
    await store.close();
  });
});
