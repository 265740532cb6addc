import { expect } from 'chai';
import { gzipSync } from 'node:zlib';
import { ask, request } from '../../e2e/raw-http.js';
import type { RawAnswer } from '../../e2e/raw-http.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';

const JSON_TYPE = 'content-type: application/json';

describe('HTTP, as proxies and ordinary clients send it', () => {
  let servers: TestServers;

  before(async () => {
    servers = await startServers();
  });
  after(async () => {
    await servers.stop();
  });

  function send(line: string, body?: object): Promise<RawAnswer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    return ask(servers.httpPort, request(line, [JSON_TYPE], text));
  }

  it('takes a name with a slash where a proxy would decode it: in the body, and in the query', async () => {
    const acquired = await send('POST /v1/locks/:acquire', { name: 'team/report' });
    expect(acquired.status).to.equal(200);
    for (const path of ['/v1/locks/team%2Freport', '/v1/locks/?name=team/report']) {
      const read = await send(`GET ${path}`);
      expect(JSON.parse(read.body), path).to.include({ name: 'team/report', held: true });
    }
    const { grant } = JSON.parse(acquired.body) as { grant: { leaseId: string } };
    const release = { name: 'team/report', leaseId: grant.leaseId };
    expect((await send('POST /v1/locks/:release', release)).body).to.contain('true');
  });

  it('deletes, and watches, what the query names', async () => {
    await send('POST /v1/counters/:add', { name: 'a/b', delta: 2 });
    expect((await send('GET /v1/counters/?name=a%2Fb')).body).to.contain('"2"');
    expect((await send('DELETE /v1/counters/?name=a/b')).body).to.contain('"deleted":true');
  });

  it('says how to write a slash of a name where nothing is at the path', async () => {
    for (const line of [
      'GET /v1/locks/a/b',
      'POST /v1/locks/a/b:acquire',
      'GET /v1/counters/a/b/c',
    ]) {
      const answer = await send(line);
      expect(answer.status, line).to.equal(404);
      expect(answer.body, line).to.contain('%2F').and.contain('/v1/locks/:acquire');
    }
    expect((await send('GET /v1/nothing')).body).not.to.contain('%2F');
  });

  it('still refuses a name that is nowhere', async () => {
    for (const line of ['GET /v1/locks/', 'POST /v1/locks/:acquire']) {
      const answer = await send(line);
      expect(answer.status).to.equal(400);
      expect(answer.body).to.contain('name: is empty');
    }
  });

  for (const method of ['QUERY', 'PROPFIND', 'TRACE', 'PURGE', 'M-SEARCH', 'LOCK']) {
    it(`answers 405 to ${method}, with a body and without, and 404 where nothing is`, async () => {
      for (const body of [undefined, {}]) {
        const answer = await send(`${method} /v1/locks`, body);
        expect([answer.status, answer.headers.get('allow')]).to.deep.equal([405, 'GET']);
        expect((await send(`${method} /health`, body)).status).to.equal(405);
        expect((await send(`${method} /nothing`, body)).status).to.equal(404);
      }
      expect(servers.observer.defects).to.deep.equal([]);
    });
  }

  for (const coding of ['gzip', 'GZIP', 'br', 'deflate, identity']) {
    it(`answers 415 to a body with Content-Encoding ${coding}, and says what it takes`, async () => {
      const body = gzipSync('{"owner":"me"}');
      const headers = [JSON_TYPE, `content-encoding: ${coding}`];
      const answer = await ask(
        servers.httpPort,
        request('POST /v1/locks/a:acquire', headers, body),
      );
      expect(answer.status).to.equal(415);
      expect(answer.headers.get('accept-encoding')).to.equal('identity');
      expect(answer.body).to.contain('compressed');
    });
  }

  it('takes a body that says that it is as it is', async () => {
    const headers = [JSON_TYPE, 'content-encoding: identity'];
    const bytes = request('POST /v1/locks/plain:acquire', headers, '{}');
    expect((await ask(servers.httpPort, bytes)).status).to.equal(200);
  });

  it('says of a weak tag that weak tags never match, and where it may come from', async () => {
    const at = '/v1/namespaces/a/configs/b';
    const etag = (await send(`POST ${at}`, { document: '{}' })).headers.get('etag') ?? '';
    const put = (tag: string): Promise<RawAnswer> =>
      ask(
        servers.httpPort,
        request(`PUT ${at}`, [JSON_TYPE, `if-match: ${tag}`], '{"document":"1"}'),
      );
    const weak = await put(`W/${etag}`);
    expect(weak.status).to.equal(412);
    expect(weak.body).to.contain('weak').and.contain('proxy').and.contain('without W/');
    expect((await put('"1", W/"2"')).body).not.to.contain('weak');
    expect((await put(etag)).status).to.equal(200);
  });
});
