import { mkdtemp, rm } from 'node:fs/promises';
import { request as askPlain } from 'node:http';
import { request as askTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeCertificates, readCertificates } from '../../../support/certificates.js';
import { startServers } from '../../../support/wire-servers.js';
import type { TestServers } from '../../../support/wire-servers.js';
import { ask } from '../../../e2e/raw-http.js';

const LISTED = 'https://ops.example.com';
const WEB = { hosts: ['locks.example.com'], origins: [LISTED] };
const FORCE_RELEASE = '/v1/locks/report:forceRelease';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** How a browser or a program may ask. */
interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly socketPath?: string;
  readonly tls?: boolean;
}

describe('web pages and the HTTP API', () => {
  let servers: TestServers;

  afterEach(async () => {
    await servers.stop();
  });

  function send({
    method = 'GET',
    path = '/v1/locks',
    headers,
    body,
    socketPath,
    tls,
  }: Asked): Promise<Answer> {
    const to =
      socketPath === undefined ? { host: '127.0.0.1', port: servers.httpPort } : { socketPath };
    const options = {
      ...to,
      method,
      path,
      headers,
      rejectUnauthorized: false,
      agent: false as const,
    };
    return new Promise((resolve, reject) => {
      const sent = (tls === true ? askTls : askPlain)(options, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      });
      sent.once('error', reject).end(body);
    });
  }

  const status = async (
    headers: Record<string, string>,
    more: Partial<Asked> = {},
  ): Promise<number> => (await send({ headers, ...more })).status;

  /** What a page can have a browser send without being asked first: a form, or a script without CORS. */
  const write = (headers: Record<string, string>): Promise<Answer> =>
    send({ method: 'POST', path: FORCE_RELEASE, headers, body: '{"reason":"because"}' });

  context('when the daemon is on localhost', () => {
    beforeEach(async () => {
      servers = await startServers({ web: WEB });
    });

    it('a page of another site can not force-release a lock', async () => {
      const program = { host: 'localhost:8080' };
      const acquire = { method: 'POST', path: '/v1/locks/report:acquire', body: '{}' };
      expect(await status(program, acquire)).to.equal(200);
      const answer = await write({ host: 'localhost:8080', origin: 'https://evil.example' });
      expect(answer.status).to.equal(403);
      expect(answer.body).to.contain('ORIGIN_NOT_ALLOWED');
      expect(answer.body).to.contain('SHARED_LOCK_HTTP_ALLOWED_ORIGINS');
      expect(answer.headers).not.to.have.property('access-control-allow-origin');
      expect((await servers.daemon.locks.get('report')).holders).to.have.length(1);
    });

    it('nor one without an origin, or on another port of this host', async () => {
      for (const origin of ['null', 'http://localhost:3000', 'http://localhost', 'file://', 'x']) {
        expect((await write({ host: 'localhost:8080', origin })).status, origin).to.equal(403);
      }
    });

    it('a page of the daemon itself may, also behind a proxy that ends TLS', async () => {
      for (const [host, origin] of [
        ['localhost:8080', 'http://localhost:8080'],
        ['LocalHost', 'http://localhost'],
        ['localhost', 'https://localhost:443'],
        ['[::1]:8080', 'http://[::1]:8080'],
        ['locks.example.com', 'https://locks.example.com'],
      ] as const) {
        const headers = { host, origin, 'sec-fetch-site': 'same-origin' };
        expect((await write(headers)).status, origin).to.equal(200);
      }
    });

    it('a program, which sends no Origin, is not asked', async () => {
      expect((await write({ host: 'localhost:8080' })).status).to.equal(200);
    });

    for (const [site, mode, dest, method, expected] of [
      ['cross-site', 'no-cors', 'image', 'GET', 403],
      ['same-site', 'no-cors', 'script', 'GET', 403],
      ['cross-site', 'navigate', 'iframe', 'GET', 403],
      ['cross-site', 'navigate', 'document', 'POST', 403],
      ['cross-site', 'navigate', 'document', 'GET', 200],
      ['none', 'navigate', 'document', 'GET', 200],
      ['same-origin', 'cors', 'empty', 'GET', 200],
    ] as const) {
      it(`answers ${expected} to a ${method} with Sec-Fetch ${site}, ${mode}, ${dest}`, async () => {
        const fetched = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
        const path = method === 'POST' ? FORCE_RELEASE : '/v1/locks';
        const headers = { host: 'localhost:8080', ...fetched };
        expect(await status(headers, { method, path })).to.equal(expected);
      });
    }

    it('is not read through a name that its owner made mean this machine', async () => {
      const answer = await send({ headers: { host: 'evil.example:8080' } });
      expect(answer.status).to.equal(421);
      expect(answer.body).to.contain('HOST_NOT_ALLOWED').and.contain('evil.example');
      expect(answer.body).to.contain('SHARED_LOCK_HTTP_ALLOWED_HOSTS');
    });

    for (const [method, path] of [
      ['GET', '/health'],
      ['GET', '/metrics'],
      ['POST', '/lease'],
      ['GET', '/nothing'],
    ] as const) {
      it(`nor by ${method} ${path}`, async () => {
        expect(await status({ host: 'evil.example' }, { method, path })).to.equal(421);
      });
    }

    it('shows no more of a long host than fits a line, and survives one that is none', async () => {
      const long = `${'a'.repeat(200)}.example`;
      expect((await send({ headers: { host: long } })).body.length).to.be.below(600);
      expect(await status({ host: 'a b' })).to.equal(400);
    });

    it('answers HTTP/1.0 without a Host', async () => {
      const answer = await ask(servers.httpPort, 'GET /livez HTTP/1.0\r\n\r\n');
      expect(answer.status).to.equal(200);
    });

    it('lets a listed page ask first, and use it', async () => {
      const page = { host: 'localhost:8080', origin: LISTED };
      const asking = {
        ...page,
        'access-control-request-method': 'POST',
        'access-control-request-private-network': 'true',
      };
      const asked = await send({ headers: asking, method: 'OPTIONS', path: FORCE_RELEASE });
      expect(asked.status).to.equal(204);
      expect(asked.headers).to.include({
        'access-control-allow-origin': LISTED,
        'access-control-allow-private-network': 'true',
        vary: 'origin',
      });
      expect(asked.headers['access-control-allow-methods']).to.contain('POST');
      expect(asked.headers['access-control-allow-headers']).to.contain('content-type');
      const answer = await write({ ...page, 'sec-fetch-site': 'cross-site' });
      expect(answer.status).to.equal(200);
      expect(answer.headers).to.include({ 'access-control-allow-origin': LISTED, vary: 'origin' });
      const fault = await send({ headers: page, path: '/nothing' });
      expect(fault.headers).to.include({ 'access-control-allow-origin': LISTED });
    });

    it('lets a listed page read a stream', async () => {
      const opened = await new Promise<Answer>((resolve, reject) => {
        const to = { host: '127.0.0.1', port: servers.httpPort, path: '/v1/locks/report:watch' };
        const headers = { host: 'localhost', origin: LISTED };
        const sent = askPlain({ ...to, headers, agent: false }, (response) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' });
          sent.destroy();
        });
        sent.once('error', reject).end();
      });
      expect(opened.headers).to.include({ 'access-control-allow-origin': LISTED });
    });

    it('tells another page that asks first no', async () => {
      const headers = {
        host: 'localhost:8080',
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
      };
      const asked = await send({ headers, method: 'OPTIONS', path: FORCE_RELEASE });
      expect(asked.status).to.equal(403);
      expect(asked.headers).not.to.have.property('access-control-allow-origin');
    });

    it('never answers every origin', async () => {
      const { headers } = await send({ headers: { host: 'localhost' } });
      expect(headers).not.to.have.property('access-control-allow-origin');
      expect(headers).to.include({ vary: 'origin' });
    });
  });

  context('when no page is listed', () => {
    it('answers without a word of CORS', async () => {
      servers = await startServers();
      const { headers } = await send({ headers: { host: 'localhost' } });
      expect(headers).not.to.have.any.keys('vary', 'access-control-allow-origin');
    });
  });

  context('when the caller comes another way', () => {
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sl-web-'));
    });
    afterEach(async () => {
      await rm(folder, { recursive: true, force: true });
    });

    it('does not look at the host under TLS, where the certificate has it, but at the origin', async () => {
      const { cert, key } = await readCertificates(await makeCertificates(folder));
      servers = await startServers({ tls: { certificate: cert, key } });
      expect(await status({ host: 'evil.example' }, { tls: true })).to.equal(200);
      const foreign = { host: 'locks.example', origin: 'https://evil.example' };
      expect(await status(foreign, { tls: true })).to.equal(403);
    });

    it('does not look at the host on a Unix socket', async () => {
      servers = await startServers();
      const socketPath = join(folder, 'http.sock');
      await servers.http.listenUnix(socketPath);
      expect(await status({ host: 'evil.example' }, { socketPath })).to.equal(200);
    });
  });
});
