import { expect } from 'chai';
import { ask, request, type RawAnswer } from './raw-http.js';
import { daemonOf, embeddedWorld } from './worlds.js';

const MERGE = 'content-type: application/merge-patch+json';
const JSON_PATCH = 'content-type: application/json-patch+json';
const JSON_BODY = 'content-type: application/json';

describe('configuration documents over plain HTTP', function () {
  this.timeout(30_000);
  const on = daemonOf(embeddedWorld);

  const send = (
    method: string,
    path: string,
    headers: readonly string[] = [],
    body = '',
  ): Promise<RawAnswer> =>
    ask(on.daemon.httpPort, request(`${method} /v1/namespaces/ns/configs/${path}`, headers, body));

  const put = (name: string, document: string, ...headers: string[]): Promise<RawAnswer> =>
    send('PUT', name, [JSON_BODY, ...headers], JSON.stringify({ document }));

  const documentOf = ({ body }: RawAnswer): unknown =>
    (JSON.parse(body) as { document?: unknown }).document;

  const etagOf = ({ headers }: RawAnswer): string => headers.get('etag') ?? 'none';

  it('answers carry an ETag, as the header and as a member', async () => {
    const answer = await put('tagged', '1');
    expect(etagOf(answer)).to.match(/^"[0-9]+"$/);
    expect(JSON.parse(answer.body)).to.include({ etag: etagOf(answer) });
    expect(etagOf(await send('GET', 'tagged'))).to.equal(etagOf(answer));
  });

  it('If-None-Match: 304 without a body as long as nothing changed', async () => {
    const etag = etagOf(await put('unchanged', '1'));
    for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await send('GET', 'unchanged', [`if-none-match: ${tags}`]);
      expect([answer.status, answer.body, etagOf(answer)]).to.deep.equal([304, '', etag]);
    }
    await put('unchanged', '2');
    const changed = await send('GET', 'unchanged', [`if-none-match: ${etag}`]);
    expect([changed.status, documentOf(changed)]).to.deep.equal([200, '2']);
    expect((await send('GET', 'unchanged', ['if-none-match: x'])).status).to.equal(400);
  });

  it('If-Match: 412 if it is stale, 400 if it is malformed', async () => {
    const etag = etagOf(await put('matched', '1'));
    expect((await put('matched', '2', `if-match: ${etag}`)).status).to.equal(200);
    expect((await put('matched', '3', `if-match: ${etag}`)).status).to.equal(412);
    expect((await put('matched', '3', 'if-match: *')).status).to.equal(200);
    expect((await put('none', '3', 'if-match: *')).status).to.equal(412);
    for (const bad of ['x', '"x', `${etag} ${etag}`, '']) {
      expect((await put('matched', '4', `if-match: ${bad}`)).status, bad).to.equal(400);
    }
    expect((await send('DELETE', 'matched?force=true', [`if-match: ${etag}`])).status).to.equal(
      412,
    );
    expect(documentOf(await send('GET', 'matched'))).to.equal('3');
  });

  it('If-None-Match: * only creates', async () => {
    expect((await put('created', '1', 'if-none-match: *')).status).to.equal(200);
    expect((await put('created', '2', 'if-none-match: *')).status).to.equal(412);
  });

  it('a condition that a write does not have refuses it: 400', async () => {
    await put('kept', '1');
    const removal = await send('DELETE', 'kept?force=true', ['if-none-match: *']);
    expect(removal.status).to.equal(400);
    expect(documentOf(await send('GET', 'kept', ['if-match: "0"']))).to.equal('1');
    const body = JSON.stringify({ document: '1' });
    const creation = await send('POST', 'never', [JSON_BODY, 'if-match: "5"'], body);
    expect(creation.status).to.equal(400);
    expect((await send('GET', 'never')).status).to.equal(404);
  });

  it('the body of a PATCH is the patch, by its content type', async () => {
    await put('patched', '{"a":1.0,"b":2}');
    const merged = await send('PATCH', 'patched', [MERGE], '{"b":null,"c":3}');
    expect(documentOf(merged)).to.equal('{"a":1.0,"c":3}');
    const operations = '[{"op":"move","from":"/c","path":"/d"}]';
    const etag = `if-match: ${etagOf(merged)}`;
    const moved = await send('PATCH', 'patched?request_id=r', [JSON_PATCH, etag], operations);
    expect(documentOf(moved)).to.equal('{"a":1.0,"d":3}');
    const again = await send('PATCH', 'patched?request_id=r', [JSON_PATCH, etag], operations);
    expect(again.body).to.equal(moved.body);
    const message = JSON.stringify({ type: 'MERGE_PATCH', patch: '{"e":4}' });
    expect(documentOf(await send('PATCH', 'patched', [JSON_BODY], message))).to.equal(
      '{"a":1.0,"d":3,"e":4}',
    );
  });

  it('a PATCH of another content type is 415, and says which there are', async () => {
    for (const headers of [[], ['content-type: text/plain'], [`${MERGE}; charset=latin1`]]) {
      const answer = await send('PATCH', 'patched', headers, '{}');
      expect(answer.status).to.equal(415);
      expect(answer.headers.get('accept-patch')).to.contain('application/merge-patch+json');
    }
    const twice = await send('PATCH', 'patched?patch=1', [MERGE], '{}');
    expect(twice.status).to.equal(400);
  });

  it('deleting an enabled document is 409', async () => {
    await put('enabled', '1');
    expect((await send('DELETE', 'enabled')).status).to.equal(409);
    await send('POST', 'enabled:setEnabled', [JSON_BODY], '{"enabled":false}');
    expect((await send('DELETE', 'enabled')).status).to.equal(200);
    expect((await send('DELETE', 'enabled')).status).to.equal(404);
  });

  it('creating what is there is 409', async () => {
    const body = '{"document":"1"}';
    expect((await send('POST', 'once', [JSON_BODY], body)).status).to.equal(200);
    expect((await send('POST', 'once', [JSON_BODY], body)).status).to.equal(409);
  });

  it('a slash in a name is written %2F, and decoded once', async () => {
    await put('a%2Fb', '"slash"');
    await put('a%252Fb', '"percent"');
    expect(documentOf(await send('GET', 'a%2Fb'))).to.equal('"slash"');
    expect(documentOf(await send('GET', 'a%252Fb'))).to.equal('"percent"');
    expect((await send('GET', 'a/b')).status).to.equal(404);
    for (const bad of ['%2E%2E', 'a%2F..', '%zz', '%c0%af', '%00']) {
      expect((await put(bad, '1')).status, bad).to.equal(400);
    }
  });

  it('a body above the limit is 413, and the daemon goes on', async () => {
    const large = JSON.stringify('x'.repeat(1024 * 1024));
    expect((await put('large', large)).status).to.equal(413);
    expect((await send('PATCH', 'large', [MERGE], large)).status).to.equal(413);
    expect((await put('large', '1')).status).to.equal(200);
  });

  it('a body that is no JSON is 400', async () => {
    for (const body of ['{', '{"document":"1"} x', '\ufeff{}', '{"document":"1","document":"1"}']) {
      expect((await send('PUT', 'x', [JSON_BODY], body)).status, body).to.equal(400);
      expect((await send('PATCH', 'patched', [MERGE], `${body},`)).status, body).to.equal(400);
    }
    const invalid = Buffer.concat([Buffer.from('"'), Buffer.from([0xff]), Buffer.from('"')]);
    const bytes = request('PATCH /v1/namespaces/ns/configs/patched', [MERGE], invalid);
    expect((await ask(on.daemon.httpPort, bytes)).status).to.equal(400);
  });
});
