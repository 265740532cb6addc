import { createHmac, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authenticator } from '../../../src/access/authenticator.js';
import { KeySet } from '../../../src/access/key-set.js';
import { readJwks, type JwksSource } from '../../../src/access/jwks-source.js';
import { JwtVerifier } from '../../../src/access/jwt-verifier.js';
import { readPolicy } from '../../../src/access/read-policy.js';
import {
  readTokens,
  sha256Of,
  StaticTokens,
  tokensOfPolicy,
} from '../../../src/access/static-tokens.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Principals } from '../../../src/core/access/principals.js';
import type { Presented } from '../../../src/core/access/presented.js';
import type { Principal } from '../../../src/core/access/principal.js';
import { isFault } from '../../../src/core/errors.js';
import { AUDIENCE, ISSUER, JwksServer, Signer } from './tokens.js';

const CI_TOKEN = 'a-token-of-ci';
const POLICY = readPolicy(`version: 1
principals:
  - {name: billing, match: {jwt: billing}}
  - {name: sre, match: {jwtGroup: sre}}
  - {name: batch, match: {san: "spiffe://corp/batch/*"}}
  - {name: ci, match: {tokenSha256: "${sha256Of(CI_TOKEN).toString('hex')}"}}
  - {name: local, match: {unix: true}}
`);

function bearer(token: string): Presented {
  return { authorization: [`Bearer ${token}`], certificate: undefined, isUnix: false };
}

const NOTHING: Presented = { authorization: [], certificate: undefined, isUnix: false };

/** The reason of the fault, or who it is. */
async function outcome(identified: () => Principal | Promise<Principal>): Promise<string> {
  try {
    return (await identified()).id;
  } catch (error) {
    if (!isFault(error)) throw error;
    return `${error.code} ${error.details.reason ?? ''}`;
  }
}

describe('an authenticator', () => {
  let server: JwksServer;
  let clock: VirtualClock;
  let signer: Signer;
  let failures: unknown[];
  /** Of keys, that have ended well. */
  let reads: number;
  let authenticator: Authenticator;

  function make(source: JwksSource): Authenticator {
    const keys = new KeySet(
      clock,
      async () => {
        const keys = await readJwks(source);
        reads++;
        return keys;
      },
      (error) => failures.push(error),
    );
    const rules = { issuer: ISSUER, audience: AUDIENCE, groupsClaim: 'groups' };
    return new Authenticator({
      clock,
      principals: new Principals(POLICY),
      tokens: new StaticTokens(tokensOfPolicy(POLICY)),
      jwt: new JwtVerifier(rules, clock, keys.keyFor),
    });
  }

  function url(more: Partial<Extract<JwksSource, { kind: 'url' }>> = {}): JwksSource {
    return { kind: 'url', url: server.url, caPath: undefined, tokenPath: undefined, ...more };
  }

  const shown = (presented: Presented): Promise<string> =>
    outcome(() => authenticator.identify(presented));
  const told = (token: string): Promise<string> => shown(bearer(token));

  before(() => {
    signer = Signer.make('one');
  });
  beforeEach(async () => {
    server = await JwksServer.start();
    server.keys = [signer.publicJwk];
    clock = new VirtualClock(1_700_000_000_000);
    failures = [];
    reads = 0;
    authenticator = make(url());
  });
  afterEach(() => server.stop());

  it('knows who sent nothing, and who came over a Unix socket', async () => {
    expect(await shown(NOTHING)).to.equal('anonymous');
    expect(await shown({ ...NOTHING, isUnix: true })).to.equal('local');
  });

  it('knows static tokens by their hash', async () => {
    expect(await told(CI_TOKEN)).to.equal('ci');
    expect(await told(CI_TOKEN.toUpperCase())).to.equal('UNAUTHENTICATED TOKEN_INVALID');
    expect(await told(sha256Of(CI_TOKEN).toString('hex'))).to.equal(
      'UNAUTHENTICATED TOKEN_INVALID',
    );
    expect(server.requests).to.have.lengthOf(0);
  });

  for (const algorithm of ['RS256', 'ES256', 'EdDSA']) {
    it(`verifies JWTs of ${algorithm}`, async () => {
      const its = Signer.make('two', algorithm);
      server.keys = [signer.publicJwk, its.publicJwk];
      const token = await its.token(clock.wall(), { sub: 'billing', groups: ['sre', 7, 'x'] });
      const principal = await authenticator.identify(bearer(token));
      expect(principal).to.deep.include({ id: 'billing', groups: ['sre'], via: 'jwt' });
      expect(principal.expiresAtMs).to.equal(clock.wall() + 360_000);
    });
  }

  it('knows no later end than a Timestamp can say', async () => {
    const token = await signer.token(clock.wall(), { exp: 1e308 });
    const { expiresAtMs = 0 } = await authenticator.identify(bearer(token));
    expect(new Date(expiresAtMs).toISOString()).to.equal('9999-12-31T23:59:59.999Z');
  });

  it('remembers a verified token, and tells at once whose it is', async () => {
    const token = await signer.token(clock.wall());
    const both = await Promise.all([told(token), told(token)]);
    expect(both).to.deep.equal(['jwt:ann', 'jwt:ann']);
    expect(authenticator.identify(bearer(token))).not.to.be.instanceOf(Promise);
    expect(server.requests).to.have.lengthOf(1);
  });

  it('refuses a token at its end, remembered or not, and allows for clocks that differ', async () => {
    const token = await signer.token(clock.wall());
    expect(await told(token)).to.equal('jwt:ann');
    clock.jumpWall(359_000);
    expect(await told(token)).to.equal('jwt:ann');
    clock.jumpWall(1_001);
    expect(await told(token)).to.equal('UNAUTHENTICATED TOKEN_EXPIRED');
    expect(await told(token)).to.equal('UNAUTHENTICATED TOKEN_EXPIRED');
  });

  it('refuses what it can not trust, and says why only where that helps', async () => {
    const now = clock.wall();
    const seconds = Math.floor(now / 1000);
    const audience = 'UNAUTHENTICATED TOKEN_AUDIENCE';
    const invalid = 'UNAUTHENTICATED TOKEN_INVALID';
    const cases: readonly (readonly [string, Record<string, unknown>, string])[] = [
      ['another audience', { aud: 'other' }, audience],
      ['no audience', { aud: undefined }, audience],
      ['another issuer', { iss: 'https://evil.example' }, invalid],
      ['no issuer', { iss: undefined }, invalid],
      ['expired', { exp: seconds - 61 }, 'UNAUTHENTICATED TOKEN_EXPIRED'],
      ['expired just now', { exp: seconds - 59 }, 'jwt:ann'],
      ['without end', { exp: undefined }, invalid],
      ['not yet', { nbf: seconds + 61 }, invalid],
      ['soon', { nbf: seconds + 59 }, 'jwt:ann'],
      ['of nobody', { sub: undefined }, invalid],
      ['of an empty name', { sub: '' }, invalid],
      ['of several audiences', { aud: ['other', AUDIENCE] }, 'jwt:ann'],
    ];
    for (const [what, claims, wanted] of cases) {
      expect(await told(await signer.token(now, claims)), what).to.equal(wanted);
    }
  });

  it('takes no algorithm that the caller could sign with', async () => {
    const encode = (value: object | string): string =>
      Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(clock.wall() / 1000) + 300;
    const payload = encode({ iss: ISSUER, aud: AUDIENCE, sub: 'billing', exp });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const pem = rsa.export({ type: 'spki', format: 'pem' });
    server.keys = [signer.publicJwk, { ...rsa.export({ format: 'jwk' }), kid: 'rsa' }];
    const hs256 = `${encode({ alg: 'HS256', kid: 'rsa' })}.${payload}`;
    const none = `${encode({ alg: 'none' })}.${payload}.`;
    const forged = `${hs256}.${createHmac('sha256', pem).update(hs256).digest('base64url')}`;
    const noneSigned = `${encode({ alg: 'none' })}.${payload}.${encode('x')}`;
    const real = await signer.token(clock.wall());
    const [header = '', , signature = ''] = real.split('.');
    for (const token of [none, forged, noneSigned, `${header}.${payload}.${signature}`, 'a.b.c']) {
      expect(await told(token), token).to.equal('UNAUTHENTICATED TOKEN_INVALID');
    }
  });

  it('refuses headers that are none, or two, rather than take the caller for nobody', async () => {
    const token = await signer.token(clock.wall());
    const wrong = [
      '',
      'Bearer',
      'Bearer ',
      `Basic ${token}`,
      token,
      `Bearer ${token} x`,
      `Bearer ${'a'.repeat(20_000)}`,
    ];
    for (const header of wrong) {
      expect(await shown({ ...NOTHING, authorization: [header] }), header).to.equal(
        'UNAUTHENTICATED TOKEN_INVALID',
      );
    }
    const good = `Bearer ${token}`;
    expect(await shown({ ...NOTHING, authorization: [good, good] })).to.match(/TOKEN_INVALID/);
    expect(await shown({ ...NOTHING, authorization: [`bearer   ${token}`] })).to.equal('jwt:ann');
    expect(await shown({ ...bearer('wrong'), isUnix: true })).to.match(/TOKEN_INVALID/);
  });

  it('knows certificates by their names, as long as they are good', async () => {
    const certificate = {
      subjectAltName: 'URI:spiffe://corp/batch/7',
      validTo: new Date(clock.wall() + 1000).toUTCString(),
    };
    const of = (more: object): Promise<string> =>
      shown({ ...NOTHING, certificate: { ...certificate, ...more } });
    expect(await of({})).to.equal('batch');
    expect(await of({ subjectAltName: 'URI:spiffe://corp/batcher' })).to.equal(
      'san:spiffe://corp/batcher',
    );
    expect(await of({ subjectAltName: undefined })).to.equal(
      'UNAUTHENTICATED CERTIFICATE_NAMELESS',
    );
    expect(await shown({ ...bearer(CI_TOKEN), certificate })).to.equal('ci');
    expect(await shown({ ...bearer('x'), certificate })).to.match(/TOKEN_INVALID/);
    clock.jumpWall(1000);
    expect(await of({})).to.equal('UNAUTHENTICATED CERTIFICATE_EXPIRED');
  });

  context('when it needs keys', () => {
    it('reads them once for a flood of tokens with keys that there are not', async () => {
      const other = Signer.make('unknown');
      const tokens = await Promise.all(
        Array.from({ length: 50 }, (_, n) => other.token(clock.wall(), { jti: String(n) })),
      );
      expect(await told(await signer.token(clock.wall()))).to.equal('jwt:ann');
      const outcomes = await Promise.all(tokens.map(told));
      expect(new Set(outcomes)).to.deep.equal(new Set(['UNAVAILABLE AUTH_UNAVAILABLE']));
      expect(server.requests).to.have.lengthOf(1);
      await clock.advance(30_000);
      const [first = ''] = tokens;
      expect(await told(first)).to.equal('UNAUTHENTICATED TOKEN_INVALID');
      expect(await told(first)).to.equal('UNAVAILABLE AUTH_UNAVAILABLE');
      expect(server.requests).to.have.lengthOf(2);
    });

    it('finds a new key after the cooldown, and says when to ask again', async () => {
      expect(await told(await signer.token(clock.wall()))).to.equal('jwt:ann');
      const next = Signer.make('next');
      server.keys = [signer.publicJwk, next.publicJwk];
      await clock.advance(10_000);
      const token = await next.token(clock.wall());
      const fault: unknown = await Promise.resolve(authenticator.identify(bearer(token))).catch(
        (error: unknown) => error,
      );
      if (!isFault(fault)) throw new TypeError('it was taken');
      expect(fault.details.retryAfterMs).to.equal(20_000);
      await clock.advance(20_000);
      expect(await told(token)).to.equal('jwt:ann');
    });

    it('is unavailable until they were read, and goes on with old ones while they can not be read', async () => {
      server.status = 500;
      const token = await signer.token(clock.wall(), {
        exp: Math.floor(clock.wall() / 1000) + 3600,
      });
      expect(await told(token)).to.equal('UNAVAILABLE AUTH_UNAVAILABLE');
      server.status = 200;
      expect(await told(token)).to.equal('UNAVAILABLE AUTH_UNAVAILABLE');
      expect(failures.map(String)).to.deep.equal(['Error: the server of the keys answered 500']);
      await clock.advance(30_000);
      expect(await told(token)).to.equal('jwt:ann');
      server.status = 500;
      await clock.advance(700_000);
      expect(await told(token)).to.equal('jwt:ann');
    });

    it('reads them again when they are old, so that a key that was taken back is heeded', async () => {
      const token = await signer.token(clock.wall(), {
        exp: Math.floor(clock.wall() / 1000) + 7200,
      });
      expect(await told(token)).to.equal('jwt:ann');
      server.keys = [];
      await clock.advance(600_000);
      expect(await told(token)).to.equal('UNAUTHENTICATED TOKEN_INVALID');
      expect(reads).to.equal(2);
    });

    it('sends the token of its own, which it reads again', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'shared-lock-jwks-'));
      try {
        const tokenPath = join(folder, 'token');
        writeFileSync(tokenPath, 'first\n');
        authenticator = make(url({ tokenPath }));
        expect(await told(await signer.token(clock.wall()))).to.equal('jwt:ann');
        writeFileSync(tokenPath, 'second\n');
        await clock.advance(30_000);
        await told(await Signer.make('unknown').token(clock.wall()));
        expect(server.requests.map(({ authorization }) => authorization)).to.deep.equal([
          'Bearer first',
          'Bearer second',
        ]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('reads them from a file', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'shared-lock-jwks-'));
      try {
        const path = join(folder, 'jwks.json');
        writeFileSync(path, JSON.stringify({ keys: [signer.publicJwk] }));
        authenticator = make({ kind: 'file', path });
        expect(await told(await signer.token(clock.wall()))).to.equal('jwt:ann');
        expect(server.requests).to.have.lengthOf(0);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });
});

describe('a file of tokens', () => {
  const hash = 'ab'.repeat(32);

  it('has a name and a hash a line, and comments', () => {
    const tokens = readTokens(`# all\n\nci ${hash} # since May\r\nci ${'cd'.repeat(32)}\n`, POLICY);
    expect(tokens.map(({ name }) => name)).to.deep.equal(['ci', 'ci']);
    expect(tokens[0]?.sha256.toString('hex')).to.equal(hash);
  });

  it('with the token of one principal for another is refused', () => {
    const other = { name: 'other', matches: [], aliases: [], line: 1 };
    const policy = { ...POLICY, principals: [...POLICY.principals, other] };
    const read = (text: string) => (): unknown => readTokens(text, policy);
    const both = `ci ${hash}\nother ${hash.toUpperCase()}\n`;
    expect(read(both)).to.throw(/^line 2: another principal has the same token/);
    const ofPolicy = sha256Of(CI_TOKEN).toString('hex');
    expect(read(`other ${ofPolicy}\n`)).to.throw(/^line 1: another principal has the same token/);
    expect(read(`ci ${hash}\nci ${hash}\nci ${ofPolicy}\n`)).not.to.throw();
  });

  it('with anything else is refused, and nothing of it is told', () => {
    const read = (): unknown =>
      readTokens(`ci secret-token\nnobody ${hash}\nci ${hash} x\n`, POLICY);
    expect(read).to.throw(/line 1: .*\nline 2: the policy names no such principal\nline 3: /);
    expect(read).not.to.throw(/secret|nobody|abab/);
  });
});
