import { expect } from 'chai';
import { ConfigError } from '../../../src/config/config.js';
import { load } from './fixture.js';

const AUTH = 'SHARED_LOCK_AUTH_';

function auth(env: Readonly<Record<string, string>>) {
  return load({
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [AUTH + name, value])),
  }).config.auth;
}

function problemsOf(env: Readonly<Record<string, string>>): string {
  try {
    auth(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('the settings of access', () => {
  const enforced = { MODE: 'enforce', POLICY_PATH: '/policy' };

  it('are off unless they are given', () => {
    expect(auth({})).to.equal(undefined);
    expect(auth({ POLICY_PATH: '/policy' })).to.equal(undefined);
  });

  it('name the policy, the tokens and the issuer', () => {
    expect(auth({ ...enforced, TOKENS_PATH: '/tokens' })).to.deep.equal({
      mode: 'enforce',
      policyPath: '/policy',
      tokensPath: '/tokens',
      jwt: undefined,
    });
    const keys = { JWT_ISSUER: 'https://i', JWT_JWKS_URL: 'https://i/keys', JWT_CA_PATH: '/ca' };
    expect(auth({ ...enforced, ...keys })?.jwt).to.deep.equal({
      issuer: 'https://i',
      audience: 'shared-lock',
      groupsClaim: 'groups',
      keys: { kind: 'url', url: 'https://i/keys', caPath: '/ca', tokenPath: undefined },
    });
  });

  it('say what does not fit together', () => {
    const issuer = { ...enforced, JWT_ISSUER: 'i' };
    expect(problemsOf({ MODE: 'enforce' })).to.match(/AUTH_MODE: enforce needs a policy/);
    expect(problemsOf({ MODE: 'audit' })).to.match(/AUTH_MODE: audit needs a policy/);
    expect(problemsOf({ MODE: 'on' })).to.match(/AUTH_MODE/);
    expect(problemsOf({ ...enforced, JWT_JWKS_PATH: '/k' })).to.match(/JWT_ISSUER: set it too/);
    expect(problemsOf(issuer)).to.match(/JWKS_URL and .*JWKS_PATH: set one/);
    expect(problemsOf({ ...issuer, JWT_JWKS_PATH: '/k', JWT_JWKS_URL: 'https://k' })).to.match(
      /one/,
    );
    for (const url of ['http://k.example/keys', 'keys', 'file:///keys', 'http://127.evil/']) {
      expect(problemsOf({ ...issuer, JWT_JWKS_URL: url }), url).to.match(/begins with https:/);
    }
    for (const url of ['http://127.0.0.1:1/k', 'http://[::1]/k', 'http://localhost/k']) {
      expect(problemsOf({ ...issuer, JWT_JWKS_URL: url }), url).to.equal('');
    }
  });

  it('that were to protect are not taken for left out', () => {
    expect(problemsOf({ ...enforced, POLICY_PATH: '' })).to.match(/AUTH_POLICY_PATH/);
    expect(problemsOf({ MODE: '' })).to.match(/AUTH_MODE/);
  });

  it('warn of a daemon that other machines reach, without a policy', () => {
    const open = (env: Readonly<Record<string, string>>) => load({ env }).config;
    const host = (address: string) => ({ SHARED_LOCK_SERVER_HOST: address });
    for (const address of ['0.0.0.0', '::', 'lock.example', '10.0.0.7']) {
      const { isOpen, warnings } = open(host(address));
      expect(isOpen).to.equal(true);
      expect(warnings[0]).to.contain(`whoever reaches this daemon may do anything: `);
    }
    for (const address of ['127.0.0.1', '127.1.2.3', 'localhost', '::1']) {
      const { isOpen, warnings } = open(host(address));
      expect([isOpen, ...warnings]).to.deep.equal([false]);
    }
    const enforcing = { [`${AUTH}MODE`]: 'enforce', [`${AUTH}POLICY_PATH`]: '/policy' };
    expect(open({ ...host('::'), ...enforcing }).warnings).to.deep.equal([]);
  });

  it('warn of a policy that nobody asks', () => {
    const warningsOf = (mode: Readonly<Record<string, string>>) =>
      load({ env: { [`${AUTH}POLICY_PATH`]: '/policy', ...mode } }).config.warnings;
    expect(warningsOf({})).to.have.length(1);
    expect(warningsOf({})[0]).to.contain('SHARED_LOCK_AUTH_MODE is off');
    expect(warningsOf({ [`${AUTH}MODE`]: 'audit' })).to.deep.equal([]);
  });

  it('make client certificates optional only where somebody looks whether there is one', () => {
    const tls = {
      SHARED_LOCK_TLS_CERT_PATH: '/cert',
      SHARED_LOCK_TLS_KEY_PATH: '/key',
      SHARED_LOCK_TLS_CLIENT_AUTH: 'optional',
    };
    const problems = (env: Readonly<Record<string, string>>): string => {
      try {
        load({ env: { ...tls, ...env } });
        return '';
      } catch (error) {
        if (error instanceof ConfigError) return error.message;
        throw error;
      }
    };
    const ca = { SHARED_LOCK_TLS_CLIENT_CA_PATH: '/ca' };
    const enforcing = { [`${AUTH}MODE`]: 'enforce', [`${AUTH}POLICY_PATH`]: '/policy' };
    expect(problems({ ...ca, ...enforcing })).to.equal('');
    expect(problems(enforcing)).to.contain('optional needs SHARED_LOCK_TLS_CLIENT_CA_PATH');
    expect(problems(ca)).to.contain('callers without a certificate may do anything');
  });
});
