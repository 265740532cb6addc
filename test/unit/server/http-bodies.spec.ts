import { expect } from 'chai';
import { Agent, request, type IncomingMessage } from 'node:http';
import { startServers, type TestServers } from '../../support/wire-servers.js';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** Whether it came on a connection that was used before. */
  readonly reused: boolean;
}

describe('bodies over HTTP', () => {
  let servers: TestServers;
  let agent: Agent;

  beforeEach(async () => {
    servers = await startServers();
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
  });

  afterEach(async () => {
    agent.destroy();
    await servers.stop();
  });

  function ask({ method, path, headers = {}, body = '' }: Asked): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const port = servers.httpPort;
      const asked = request({ port, host: '127.0.0.1', method, path, headers, agent });
      asked.on('error', reject);
      asked.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.on('end', () => {
          const { statusCode: status } = response;
          resolve({ status, headers: response.headers, text, reused: asked.reusedSocket });
        });
      });
      asked.end(body);
    });
  }

  const json = { 'content-type': 'application/json' };

  it('that can not be read end the connection, since more of them may come', async () => {
    const headers = { ...json, 'content-encoding': 'gzip', 'content-length': '2' };
    const refused = await ask({ method: 'POST', path: '/v1/leases', headers, body: '{}' });
    expect(refused.status).to.equal(415);
    expect(refused.headers.connection).to.equal('close');
  });

  it('that say something wrong do not', async () => {
    const wrong = { method: 'POST', path: '/v1/leases', headers: json, body: '{"x":1}' };
    const first = await ask(wrong);
    expect(first.status).to.equal(400);
    expect(first.headers.connection).to.equal('keep-alive');
    expect(await ask(wrong)).to.include({ status: 400, reused: true });
  });

  it('mean nothing of a GET, and are not taken for the next request', async () => {
    for (const [index, headers] of [
      { 'content-length': '21' },
      { 'transfer-encoding': 'chunked' },
      { 'content-encoding': 'gzip', 'content-length': '21' },
    ].entries()) {
      const answer = await ask({
        ...{ method: 'GET', path: '/livez', headers },
        body: 'GET /x HTTP/1.1\r\n\r\n\r\n',
      });
      expect(answer).to.include({ status: 200, text: 'ok\n', reused: index > 0 });
    }
  });

  it('have their length said to HEAD, and of 204 nothing', async () => {
    const head = await ask({ method: 'HEAD', path: '/livez' });
    expect(head).to.include({ status: 200, text: '', reused: false });
    expect(head.headers).to.include({ 'content-length': '3' });
    const nothing = await ask({ method: 'POST', path: '/keepalive', body: '-1' });
    expect(nothing).to.include({ status: 204, text: '', reused: true });
    expect(nothing.headers).to.not.have.any.keys('content-length', 'content-type');
  });
});
