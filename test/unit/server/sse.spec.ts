import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { serverStream } from '../../../src/server/handlers/call.js';
import { eventTextOf } from '../../../src/server/http/sse.js';
import { DESCRIPTORS, startServers, type TestServers } from '../../support/wire-servers.js';

const WATCH = '/sharedlock.v1.LockService/WatchLock';

const READERS = 5;

describe('server-sent events', () => {
  let servers: TestServers | undefined;

  afterEach(async () => {
    await servers?.stop();
    servers = undefined;
  });

  it('are written once for all who are told the same message', async () => {
    let writes = 0;
    const message = {
      revision: 7,
      get kind(): string {
        writes++;
        return 'QUEUED';
      },
    };
    const handler = serverStream(() =>
      Promise.resolve(
        (async function* () {
          yield await Promise.resolve(message);
        })(),
      ),
    );
    servers = await startServers({ handlers: new Map([[WATCH, handler]]) });
    const url = `http://127.0.0.1:${servers.httpPort}/v1/locks/a:watch`;
    const read = async (): Promise<string> => {
      const { body } = await fetch(url);
      if (body === null) throw new Error('there is no body');
      return text(body);
    };
    const first = await read();
    const writesOfFirst = writes;
    expect(first).to.match(/^id: 7\ndata: \{.*"kind":"QUEUED".*\}\n\n$/);
    const others = await Promise.all(Array.from({ length: READERS }, read));
    expect(others).to.deep.equal(Array<string>(READERS).fill(first));
    expect(writes).to.equal(writesOfFirst);
  });

  it('wait for those who do not read as the same bytes', () => {
    const method = DESCRIPTORS.methods.find(({ path }) => path === WATCH);
    if (method === undefined) throw new Error('there is no such method');
    const textOf = eventTextOf(method);
    const message = { revision: 1, kind: 'QUEUED' };
    expect(textOf(message)).to.equal(textOf(message));
    expect(textOf({ ...message })).to.not.equal(textOf(message));
  });
});
