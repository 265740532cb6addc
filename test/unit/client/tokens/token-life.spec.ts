import { expect } from 'chai';
import { exchangeAtMs } from '../../../../src/client/tokens/token-life.js';

const GOT_AT_MS = 1_000_000;

function jwt(claims: unknown): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ES256' })}.${part(claims)}.c2ln`;
}

describe('The time to exchange a token', () => {
  it('is at 80 % of the life that a JWT tells', () => {
    expect(exchangeAtMs(jwt({ iat: 900, exp: 1900 }), GOT_AT_MS)).to.equal(1_700_000);
  });

  it('counts from when the token was got, if it does not say when it was made', () => {
    expect(exchangeAtMs(jwt({ exp: 2000 }), GOT_AT_MS)).to.equal(1_800_000);
    expect(exchangeAtMs(jwt({ iat: 'then', exp: 2000 }), GOT_AT_MS)).to.equal(1_800_000);
    expect(exchangeAtMs(jwt({ iat: 3000, exp: 2000 }), GOT_AT_MS)).to.equal(1_800_000);
  });

  for (const [what, token] of [
    ['a random text', 'c29tZXRoaW5n'],
    ['a JWT without an end', jwt({ iat: 900 })],
    ['a JWT whose end is no number', jwt({ exp: 'soon' })],
    ['a JWT that holds no object', jwt(null)],
    ['what only looks like a JWT', 'a.b.c'],
  ] as const) {
    it(`is not known of ${what}`, () => {
      expect(exchangeAtMs(token, GOT_AT_MS)).to.equal(undefined);
    });
  }
});
