import { request as httpRequest } from 'node:http';
import { get as httpsGet } from 'node:https';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { expect } from 'chai';
import { Authenticator } from '../../../../src/access/authenticator.js';
import { JwtVerifier } from '../../../../src/access/jwt-verifier.js';
import { KeySet } from '../../../../src/access/key-set.js';
import { readPolicy } from '../../../../src/access/read-policy.js';
import { sha256Of, StaticTokens, tokensOfPolicy } from '../../../../src/access/static-tokens.js';
import { SystemClock } from '../../../../src/clock/system-clock.js';
import { AccessRules } from '../../../../src/core/access/access-rules.js';
import { Quotas } from '../../../../src/core/access/quota.js';
import { Principals } from '../../../../src/core/access/principals.js';
import { Audit } from '../../../../src/server/access/audit.js';
import { Guard } from '../../../../src/server/access/guard.js';
import { guarded } from '../../../../src/server/access/guarded.js';
import { unary } from '../../../../src/server/handlers/call.js';
import { makeCertificates, readCertificates } from '../../../support/certificates.js';
import { clientsOf } from '../../../support/grpc-clients.js';
import { DESCRIPTORS, startServers } from '../../../support/wire-servers.js';
import type { TestServers } from '../../../support/wire-servers.js';
import { AUDIENCE, ISSUER, Signer } from '../../access/tokens.js';

const SHOP = 'token-of-the-shop';
const OPS = 'token-of-ops';
const IDLE = 'token-of-idle';

const POLICY = readPolicy(`version: 1
principals:
  - {name: shop, match: {tokenSha256: "${sha256Of(SHOP).toString('hex')}"}}
  - {name: ops, match: [{tokenSha256: "${sha256Of(OPS).toString('hex')}"}, {jwt: ann}]}
  - {name: idle, match: {tokenSha256: "${sha256Of(IDLE).toString('hex')}"}}
  - {name: local, match: {unix: true}}
rules:
  - {to: [shop], allow: [acquire, read, watch, fence], on: ["lock:shop/*", "election:shop/*"]}
  - {to: [shop], allow: [read, watch, write], on: ["counter:shop/*", "config:shop/*"]}
  - {to: [ops, local], allow: ["*"], on: ["*"]}
  - {to: [ops], deny: [forceRelease], on: ["lock:payments/*"]}
`);

const SIGNER = Signer.make('one');

/** The one method that needs no right. */
const WHO_AM_I = '/sharedlock.v1.AccessService/WhoAmI';
/** Each of its calls is asked by itself: below. */
const CALL_STREAM = '/sharedlock.v1.CallService/CallStream';
const GUARDED = DESCRIPTORS.methods.filter(({ path }) => path !== WHO_AM_I && path !== CALL_STREAM);

function makeGuard(mode: 'audit' | 'enforce', refusals: string[] = [], policy = POLICY): Guard {
  const clock = new SystemClock();
  const keys = new KeySet(
    clock,
    () => Promise.resolve({ keys: [SIGNER.publicJwk] }),
    () => undefined,
  );
  const rules = { issuer: ISSUER, audience: AUDIENCE, groupsClaim: 'groups' };
  return new Guard({
    mode,
    rules: new AccessRules(policy),
    quotas: new Quotas(policy),
    authenticator: new Authenticator({
      clock,
      principals: new Principals(policy),
      tokens: new StaticTokens(tokensOfPolicy(policy)),
      jwt: new JwtVerifier(rules, clock, keys.keyFor),
    }),
    refused: ({ fault }) => void refusals.push(fault.message),
  });
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

describe('the guard', () => {
  let servers: TestServers;
  let refusals: string[];
  let folder: string;
  afterEach(async () => {
    await servers.stop();
    rmSync(folder, { recursive: true });
  });
  async function start(mode: 'audit' | 'enforce'): Promise<void> {
    refusals = [];
    folder = mkdtempSync(join(tmpdir(), 'shared-lock-guard-'));
    servers = await startServers({ guard: makeGuard(mode, refusals) });
    await servers.http.listenUnix(join(folder, 'http.sock'));
    await servers.grpc.listenUnix(join(folder, 'grpc.sock'));
  }

  interface Asked {
    readonly token?: string | undefined;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string | string[]>>;
    readonly unix?: boolean;
  }
  function http(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    const { token, body = '', unix = false } = asked;
    const where = unix
      ? { socketPath: join(folder, 'http.sock') }
      : { host: '127.0.0.1', port: servers.httpPort };
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...asked.headers,
    };
    return new Promise((resolve, reject) => {
      const sent = httpRequest({ ...where, method, path, headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (part: Buffer) => {
          text += part.toString();
          // A stream that began was let in.
          if (response.headers['content-type']?.startsWith('text/event-stream') === true) {
            response.destroy();
            resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers });
          }
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** The code of a call, and what its caller is told. */
  function grpc(
    path: string,
    message: object,
    token?: string,
    unix = false,
  ): Promise<{ code: number; details: string }> {
    const method = DESCRIPTORS.methods.find((each) => each.path === path);
    if (method === undefined) throw new TypeError(path);
    const { requestSerialize, responseDeserialize } = method.definition;
    const target = unix ? `unix:${join(folder, 'grpc.sock')}` : `127.0.0.1:${servers.grpcPort}`;
    const client = new Client(target, credentials.createInsecure());
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    return new Promise<{ code: number; details: string }>((resolve) => {
      const ended = (error: ServiceError | null): void =>
        resolve({ code: error?.code ?? 0, details: error?.details ?? '' });
      if (!method.responseStream) {
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          message,
          metadata,
          ended,
        );
        return;
      }
      const stream = client.makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        metadata,
      );
      stream.on('data', () => resolve({ code: 0, details: '' }));
      stream.on('error', (error: ServiceError) => ended(error));
      stream.on('end', () => ended(null));
      stream.write(message);
      if (!method.requestStream) stream.end();
      setTimeout(() => resolve({ code: 0, details: 'still open' }), 300);
    }).finally(() => client.close());
  }

  /** What names a thing that only ops may use; for leases an ID that is none. */
  const MESSAGE = {
    name: 'x',
    key: 'x',
    namespace: 'x',
    lease_id: '7',
    fencing_token: '1',
    digest: 'a'.repeat(64),
    document: '{}',
    message: 'm',
  };

  context('when it enforces', () => {
    beforeEach(() => start('enforce'));

    for (const { path } of GUARDED) {
      it(`refuses ${path} to who may not, on gRPC`, async () => {
        expect((await grpc(path, MESSAGE)).code).to.equal(16);
        const { code, details } = await grpc(path, MESSAGE, IDLE);
        expect(code).to.equal(7);
        expect(details).to.match(/^idle may not /);
        expect((await grpc(path, MESSAGE, 'wrong')).code).to.equal(16);
        const allowed = await grpc(path, MESSAGE, OPS);
        expect([7, 16]).not.to.include(allowed.code, allowed.details);
        const overUnix = await grpc(path, MESSAGE, undefined, true);
        expect([7, 16]).not.to.include(overUnix.code, overUnix.details);
      });
    }

    for (const { path, http: route } of GUARDED) {
      if (route === undefined) continue;
      const url = route.template.replace(/\{[^}]+\}/g, '7');
      it(`refuses ${route.verb} ${route.template} to who may not, on HTTP`, async () => {
        const body = ['POST', 'PUT', 'PATCH'].includes(route.verb) ? '{}' : '';
        const headers =
          route.verb === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {};
        const missing = await http(route.verb, url, { body, headers });
        expect(missing.status, missing.body).to.equal(401);
        expect(missing.headers['www-authenticate']).to.equal('Bearer');
        const idle = await http(route.verb, url, { body, headers, token: IDLE });
        expect(idle.status, idle.body).to.equal(403);
        expect((await http(route.verb, url, { body, headers, token: 'x' })).status).to.equal(401);
        const ops = await http(route.verb, url, { body, headers, token: OPS });
        expect([401, 403], path).not.to.include(ops.status);
        const unix = await http(route.verb, url, { body, headers, unix: true });
        expect([401, 403], path).not.to.include(unix.status);
      });
    }

    it('tells everybody for whom it takes them, unless what they show is wrong', async () => {
      for (const [token, code, status] of [
        [undefined, 0, 200],
        [IDLE, 0, 200],
        ['wrong', 16, 401],
      ] as const) {
        expect((await grpc(WHO_AM_I, {}, token)).code).to.equal(code);
        const shown = token === undefined ? {} : { token };
        expect((await http('GET', '/v1/whoami', shown)).status).to.equal(status);
      }
      const { body } = await http('GET', '/v1/whoami', { token: IDLE });
      expect(JSON.parse(body)).to.deep.equal({
        ...{ principal: 'idle', groups: [], via: 'TOKEN', mode: 'ENFORCE' },
      });
    });

    const plain: readonly (readonly [string, string, string?])[] = [
      ['GET', '/metrics'],
      ['GET', '/openapi.json'],
      ['POST', '/lease', '{"key":"a"}'],
      ['POST', '/keepalive', '7'],
      ['POST', '/config?service=a', '{"service":"a"}'],
      ['GET', '/config?service=a'],
      ['PATCH', '/config?service=a', '{"service":"a"}'],
      ['DELETE', '/config?service=a'],
      ['GET', '/config/a'],
      ['POST', '/config/a', '{}'],
      ['PUT', '/config/a', '{}'],
      ['DELETE', '/config/a'],
      ['POST', '/messages', '{"message":"a"}'],
      ['GET', `/messages/${'a'.repeat(64)}`],
      ['GET', '/read_counter'],
      ['POST', '/increase_counter', 'sleep=0'],
    ];
    for (const [method, path, body = ''] of plain) {
      it(`refuses ${method} ${path} to who may not`, async () => {
        const form =
          path === '/increase_counter' ? 'application/x-www-form-urlencoded' : 'application/json';
        const asked = { body, headers: { 'content-type': form } };
        expect((await http(method, path, asked)).status).to.equal(401);
        expect((await http(method, path, { ...asked, token: IDLE })).status).to.equal(403);
        const ops = await http(method, path, { ...asked, token: OPS });
        expect([401, 403], ops.body).not.to.include(ops.status);
      });
    }

    it('tells health to everybody, whoever they say that they are', async () => {
      for (const path of ['/livez', '/readyz', '/health']) {
        expect((await http('GET', path)).status).to.equal(200);
        expect((await http('GET', path, { token: 'wrong' })).status).to.equal(200);
      }
    });

    it('takes a token of the issuer, and its words on what is wrong with others', async () => {
      const ask = async (claims: object): Promise<Answer> =>
        http('GET', '/v1/locks/a', { token: await SIGNER.token(Date.now(), { ...claims }) });
      expect((await ask({})).status).to.equal(200);
      expect((await ask({ sub: 'bob' })).body).to.contain('jwt:bob may not read lock');
      const bob = { token: await SIGNER.token(Date.now(), { sub: 'bob' }) };
      expect((await http('GET', '/v1/locks', bob)).body).to.contain(
        'jwt:bob may not list all of the kind lock; perhaps those of a prefix',
      );
      expect((await ask({ aud: 'x' })).body)
        .to.contain('TOKEN_AUDIENCE')
        .and.contain('its audience must be');
      expect((await ask({ exp: 1 })).body).to.contain('TOKEN_EXPIRED');
    });

    it('compares names after they were decoded once', async () => {
      const acquire = async (name: string): Promise<number> =>
        (await http('POST', `/v1/locks/${name}:acquire`, { token: SHOP, body: '{}' })).status;
      expect(await acquire('shop%2Fa')).to.equal(200);
      expect(await acquire('shop%252Fa')).to.equal(403);
      expect(await acquire('Shop%2Fa')).to.equal(403);
      expect(await acquire('shop')).to.equal(403);
      // The service refuses it, whoever asks.
      expect(await acquire('shop%2F..%2Fx')).to.equal(400);
    });

    it('wants the whole prefix of a list', async () => {
      const list = async (prefix: string, token: string): Promise<number> =>
        (await http('GET', `/v1/locks?prefix=${prefix}`, { token })).status;
      expect(await list('shop/', SHOP)).to.equal(200);
      expect(await list('shop/x', SHOP)).to.equal(200);
      expect(await list('shop', SHOP)).to.equal(403);
      expect(await list('', SHOP)).to.equal(403);
      expect(await list('', OPS)).to.equal(200);
    });

    it('does not take the slash of a namespace for its end', async () => {
      const read = async (path: string): Promise<number> =>
        (await http('GET', path, { token: SHOP })).status;
      expect(await read('/v1/namespaces/shop/configs/a')).to.equal(404);
      expect(await read('/v1/namespaces/shop%2Fa/configs/b')).to.equal(403);
    });

    it('wants to be allowed the lock whose token is put into a write, and a schema apart', async () => {
      const add = (fence: object): Promise<Answer> =>
        http('POST', '/v1/counters/shop%2Fa:add', {
          token: SHOP,
          body: JSON.stringify({ delta: '1', fence }),
        });
      expect((await add({ lock: 'shop/a', token: '1' })).status).not.to.equal(403);
      expect((await add({ lock: 'other', token: '1' })).body).to.contain('may not fence lock');
      expect((await add({ election: 'other', token: '1' })).body).to.contain(
        'may not fence election',
      );
      const put = (body: object): Promise<Answer> =>
        http('PUT', '/v1/namespaces/shop/configs/a', { token: SHOP, body: JSON.stringify(body) });
      expect((await put({ document: '{}' })).status).to.equal(200);
      expect((await put({ document: '{}', schema: '{}' })).body).to.contain(
        'may not schema config',
      );
      expect((await put({ document: '{}', schema: '' })).body).to.contain('may not schema config');
    });

    it('wants no right to a schema for a write on gRPC that has none', async () => {
      const put = (more: object): Promise<{ code: number; details: string }> => {
        const message = { namespace: 'shop', name: 'b', document: '{}', ...more };
        return grpc('/sharedlock.v1.ConfigService/PutConfig', message, SHOP);
      };
      expect(await put({})).to.deep.equal({ code: 0, details: '' });
      expect((await put({ schema: '' })).details).to.match(/may not schema config/);
      const create = { namespace: 'shop', name: 'c', document: '{}' };
      const path = '/sharedlock.v1.ConfigService/CreateConfig';
      expect((await grpc(path, { ...create, schema: '{}' }, SHOP)).code).to.equal(7);
      expect((await grpc(path, create, SHOP)).code).to.equal(0);
    });

    it('lets a denial win, and names no name that was not sent', async () => {
      const release = (name: string): Promise<Answer> =>
        http('POST', `/v1/locks/${name}:forceRelease`, { token: OPS, body: '{"reason":"r"}' });
      expect((await release('a')).status).not.to.equal(403);
      const { status, body } = await release('payments%2Fa');
      expect(status).to.equal(403);
      expect(body).to.contain('ops may not forceRelease lock').and.contain('NOT_ALLOWED');
      expect(body).to.contain('"kind":"lock"').and.contain('"verb":"forceRelease"');
    });

    it('is not deceived by headers and queries', async () => {
      const get = (path: string, headers: Record<string, string | string[]>): Promise<Answer> =>
        http('GET', path, { headers });
      expect((await get(`/v1/locks/a?access_token=${OPS}`, {})).status).to.be.oneOf([400, 401]);
      const good = `Bearer ${OPS}`;
      expect((await get('/v1/locks/a', { authorization: [good, good] })).status).to.equal(401);
      expect((await get('/v1/locks/a', { 'x-connection-note': 'unix' })).status).to.equal(401);
      expect((await get('/v1/locks/a', { 'x-forwarded-for': '127.0.0.1' })).status).to.equal(401);
      const client = new Client(`127.0.0.1:${servers.grpcPort}`, credentials.createInsecure());
      const metadata = new Metadata();
      metadata.set('x-connection-note', 'unix');
      const error = await new Promise<ServiceError | null>((resolve) => {
        const bytes = (): Buffer => Buffer.alloc(0);
        client.makeUnaryRequest(
          '/sharedlock.v1.LockService/GetLock',
          bytes,
          bytes,
          {},
          metadata,
          resolve,
        );
      });
      client.close();
      expect(error?.code).to.equal(16);
    });

    it('keeps tokens out of the access log', async () => {
      await http('GET', '/v1/locks/a', { token: OPS });
      await http('GET', '/v1/locks/a', { token: 'a-wrong-token' });
      const log = JSON.stringify(servers.observer.entries);
      expect(log).not.to.match(/token-of|a-wrong-token/);
      expect(log).not.to.contain(sha256Of(OPS).toString('hex'));
      expect(log).to.contain('TOKEN_INVALID');
    });
  });

  context('when it only audits', () => {
    beforeEach(() => start('audit'));

    it('does what it would refuse, and tells of it', async () => {
      expect(
        (await http('POST', '/v1/locks/a:acquire', { body: '{}', token: IDLE })).status,
      ).to.equal(200);
      expect((await http('GET', '/v1/locks/a', { token: 'wrong' })).status).to.equal(200);
      expect((await grpc('/sharedlock.v1.LockService/GetLock', { name: 'a' })).code).to.equal(0);
      expect(refusals).to.deep.equal([
        'idle may not acquire lock "a"',
        "the token can't be verified",
        'anonymous may not read lock "a"',
        'anonymous may not read lock "a"',
      ]);
    });
  });
});

describe('the guard behind TLS', () => {
  it('knows callers by their certificates, on both wires', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shared-lock-mtls-'));
    const { ca, cert, key } = await readCertificates(await makeCertificates(folder));
    const policy = readPolicy(`version: 1
principals: [{name: web, match: {san: localhost}}]
rules: [{to: [web], allow: [read], on: ["lock:web/*"]}]
`);
    const guard = makeGuard('enforce', [], policy);
    const tls = { certificate: cert, key, clientCa: ca };
    const servers = await startServers({ guard, tls });
    try {
      const get = (name: string): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          const url = `https://127.0.0.1:${servers.httpPort}/v1/locks/${name}`;
          const sent = httpsGet(url, { ca, cert, key, agent: false }, (response) => {
            response.resume();
            resolve(response.statusCode);
          });
          sent.on('error', reject);
        });
      expect(await get('web%2Fa')).to.equal(200);
      expect(await get('other')).to.equal(403);
      const channel = credentials.createSsl(ca, key, cert);
      const clients = clientsOf(`127.0.0.1:${servers.grpcPort}`, channel);
      const ask = (name: string): Promise<string | undefined> =>
        new Promise((resolve) => {
          clients.locks.getLock({ name }, (error) => resolve(error?.details));
        });
      expect(await ask('web/a')).to.equal(undefined);
      expect(await ask('other')).to.equal('web may not read lock "other"');
      clients.close();
    } finally {
      await servers.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the guard behind TLS where certificates are optional', () => {
  it('knows who shows one, takes tokens, and refuses one of another authority', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shared-lock-mtls-'));
    const { ca, cert, key } = await readCertificates(await makeCertificates(folder));
    const other = await readCertificates(await makeCertificates(folder, 'other'));
    const policy = readPolicy(`version: 1
principals:
  - {name: web, match: {san: localhost}}
  - {name: shop, match: {tokenSha256: "${sha256Of(SHOP).toString('hex')}"}}
rules: [{to: [web, shop], allow: [read], on: ["lock:*"]}]
`);
    const guard = makeGuard('enforce', [], policy);
    const tls = { certificate: cert, key, clientCa: ca, isClientOptional: true };
    const servers = await startServers({ guard, tls });
    try {
      const get = (shown: object, token?: string): Promise<readonly [number, string]> =>
        new Promise((resolve, reject) => {
          const url = `https://localhost:${servers.httpPort}/v1/locks/a`;
          const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
          const sent = httpsGet(url, { ca, ...shown, headers, agent: false }, (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (part: string) => (text += part));
            response.on('end', () => {
              const { reason } = /"reason":"(?<reason>[A-Z_]+)"/.exec(text)?.groups ?? {};
              resolve([response.statusCode ?? 0, reason ?? '']);
            });
          });
          sent.on('error', reject);
        });
      const ask = (shown: { key?: Buffer; cert?: Buffer }, token?: string): Promise<string> => {
        const channel = credentials.createSsl(ca, shown.key ?? null, shown.cert ?? null);
        const clients = clientsOf(`localhost:${servers.grpcPort}`, channel);
        const metadata = new Metadata();
        if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
        return new Promise<string>((resolve) => {
          clients.locks.getLock({ name: 'a' }, metadata, (error) => resolve(error?.details ?? ''));
        }).finally(() => clients.close());
      };
      const own = { cert, key };
      const foreign = { cert: other.cert, key: other.key };
      expect(await get(own)).to.deep.equal([200, '']);
      expect(await get({}, SHOP)).to.deep.equal([200, '']);
      expect(await get({})).to.deep.equal([401, 'CREDENTIALS_MISSING']);
      expect(await get(foreign)).to.deep.equal([401, 'CERTIFICATE_UNTRUSTED']);
      expect(await ask(own)).to.equal('');
      expect(await ask({}, SHOP)).to.equal('');
      expect(await ask({})).to.match(/^this daemon wants to know who calls/);
      expect(await ask(foreign)).to.match(/^the client certificate is not of an authority/);
    } finally {
      await servers.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the table of what methods need', () => {
  it('stops the start for a method without a line, also where nobody is refused', () => {
    const handlers = new Map([['/sharedlock.v1.NewService/New', unary(() => Promise.resolve({}))]]);
    for (const guard of [undefined, makeGuard('enforce')]) {
      expect(() => guarded(handlers, guard, new Audit(() => undefined, guard))).to.throw(
        TypeError,
        '/sharedlock.v1.NewService/New has no line in server/access/needs.ts',
      );
    }
  });
});
