import { expect } from 'chai';
import type { Config } from '../../../src/config/config.js';
import { describeConfig } from '../../../src/config/describe.js';
import { load, problems } from './fixture.js';

type Env = Readonly<Record<string, string>>;

const config = (env: Env, more: object = {}): Config => load({ env, ...more }).config;

/** Of the configuration, what the counter app's variables say. */
const counterApp = ({ storage, counterLock, server }: Config): unknown => [
  storage.type === 'etcd' ? storage.etcd.endpoints : storage.type,
  counterLock.key,
  counterLock.ttlMs,
  server.port,
];

/** As the app's own document has them. */
const DOCUMENTED = {
  HTTP_PORT: '8081',
  ETCD_HOST: '172.17.0.2',
  ETCD_PORT: '2379',
  ETCD_LOCK_KEY: '/my/lock',
  ETCD_LOCK_TTL: '60',
};
const AS_DOCUMENTED = [['http://172.17.0.2:2379'], '/my/lock', 60_000, 8081];
const CHOSEN = { SHARED_LOCK_COMPATIBILITY: 'counter-app' };

describe("the counter app's variables", () => {
  it('are taken as they are if it is chosen, without a word', () => {
    const taken = config({ ...DOCUMENTED, ...CHOSEN });
    expect(counterApp(taken)).to.deep.equal(AS_DOCUMENTED);
    expect(taken.warnings).to.deep.equal([]);
  });

  for (const mark of ['ETCD_LOCK_KEY', 'ETCD_LOCK_TTL']) {
    it(`are taken, and told of, if ${mark} is set`, () => {
      const { ETCD_LOCK_KEY, ETCD_LOCK_TTL, ...others } = DOCUMENTED;
      const env = { ...others, [mark]: { ETCD_LOCK_KEY, ETCD_LOCK_TTL }[mark] ?? '' };
      const taken = config(env);
      expect(counterApp(taken)).to.deep.include(['http://172.17.0.2:2379']).and.to.include(8081);
      expect(taken.warnings).to.have.lengthOf(1);
      expect(taken.warnings[0])
        .to.match(/^ETCD_HOST, ETCD_PORT, ETCD_LOCK_[A-Z]+, HTTP_PORT: taken as the counter app's/)
        .and.to.contain(`since ${mark} is set`);
    });
  }

  it('are nothing to it without these two, or if another system, or none, is chosen', () => {
    const { ETCD_LOCK_KEY, ETCD_LOCK_TTL, ...others } = DOCUMENTED;
    expect(config(others)).to.deep.equal(config({}));
    for (const SHARED_LOCK_COMPATIBILITY of ['none', 'messages', 'original']) {
      expect(config({ ...DOCUMENTED, SHARED_LOCK_COMPATIBILITY })).to.deep.equal(config({}));
    }
    expect([ETCD_LOCK_KEY, ETCD_LOCK_TTL]).to.have.lengthOf(2);
  });

  it('are nothing to it where they are empty, or what Kubernetes writes for a Service', () => {
    expect(config({ ETCD_LOCK_KEY: '', ETCD_LOCK_TTL: ' ', ETCD_HOST: 'a' })).to.deep.equal(
      config({}),
    );
    const links = { ETCD_PORT: 'tcp://10.0.0.1:2379', HTTP_PORT: 'tcp://10.0.0.2:80' };
    expect(config({ ...links, ...CHOSEN })).to.deep.equal(config({}));
    const taken = config({ ...DOCUMENTED, ...links });
    expect(counterApp(taken)).to.deep.equal([['http://172.17.0.2:2379'], '/my/lock', 60_000, 8080]);
  });

  it('have the defaults of the app where only one of an address is set', () => {
    expect(counterApp(config({ ETCD_HOST: '::1', ...CHOSEN }))).to.deep.include([
      'http://[::1]:2379',
    ]);
    expect(counterApp(config({ ETCD_PORT: '1', ...CHOSEN }))).to.deep.include([
      'http://127.0.0.1:1',
    ]);
  });

  it('count less than ours and flags, and more than the file', () => {
    const ours = { SHARED_LOCK_COUNTER_LOCK_KEY: 'mine', SHARED_LOCK_ETCD_ADDR_LIST: 'a:1' };
    const taken = config({ ...DOCUMENTED, ...ours }, { flags: { port: '1' } });
    expect(counterApp(taken)).to.deep.equal([['http://a:1'], 'mine', 60_000, 1]);
    const file = { counter: { lockTtl: '5s' }, compatibility: { system: 'counter-app' } };
    expect(counterApp(config({ ETCD_LOCK_TTL: '7' }, { file }))).to.include(7000);
  });

  it('are shown by --check-config as what was given', () => {
    const lines = describeConfig(load({ env: DOCUMENTED })).split('\n');
    const line = lines.find((one) => one.startsWith('SHARED_LOCK_ETCD_ADDR_LIST '));
    expect(line).to.match(/ 172\.17\.0\.2:2379 +environment, ETCD_HOST and ETCD_PORT$/);
  });

  it('turn TLS on where ours say so', () => {
    const taken = config({ ...DOCUMENTED, SHARED_LOCK_ETCD_TLS: 'true' });
    expect(counterApp(taken)).to.deep.include(['https://172.17.0.2:2379']);
  });

  const bad: readonly (readonly [Env, RegExp])[] = [
    [{ ETCD_LOCK_TTL: 'ten' }, /^ETCD_LOCK_TTL=ten: give whole seconds, such as 60$/],
    [{ ETCD_LOCK_TTL: '100000' }, /^ETCD_LOCK_TTL: must lie between/],
    [{ ETCD_LOCK_KEY: 'a/../b' }, /^ETCD_LOCK_KEY: /],
    [{ HTTP_PORT: '80800' }, /^HTTP_PORT=80800: give a port/],
    [{ ETCD_HOST: '10.0.0.1:1' }, /^ETCD_HOST and ETCD_PORT=10\.0\.0\.1:1:2379: give comma/],
    [
      { ETCD_PORT: 'x' },
      /^ETCD_HOST and ETCD_PORT=172\.17\.0\.2:x: give comma-separated addresses/,
    ],
  ];
  for (const [env, said] of bad) {
    it(`are refused by their own names: ${JSON.stringify(env)}`, () => {
      const found = problems({ env: { ...DOCUMENTED, ...env } });
      expect(found).to.have.lengthOf(1);
      expect(found[0]).to.match(said);
    });
  }
});

describe('the variables of other systems', () => {
  const cache = { SHARED_LOCK_COMPATIBILITY: 'config-cache' };

  it("are the config cache's port and prefix", () => {
    for (const USER_KEY_PREFIX of ['users/ann', '/users/ann', '/users/ann/']) {
      const taken = config({ PORT: '9000', USER_KEY_PREFIX, ...cache });
      expect(taken.server.port).to.equal(9000);
      expect(taken.storage.keyPrefix).to.equal('/users/ann/');
    }
    expect(config({ PORT: '9000', USER_KEY_PREFIX: 'a' })).to.deep.equal(config({}));
    expect(problems({ env: { USER_KEY_PREFIX: '/', ...cache } })[0]).to.match(/^USER_KEY_PREFIX=/);
  });

  it('are told of if they say nothing here', () => {
    const taken = config({ MESSAGES_REDIS_HOST: 'redis', SHARED_LOCK_COMPATIBILITY: 'messages' });
    expect(taken.warnings).to.deep.equal([
      'MESSAGES_REDIS_HOST is not used: texts are kept in the storage of this daemon, and not in Redis',
    ]);
    expect(config({ MESSAGES_REDIS_HOST: 'redis' }).warnings).to.deep.equal([]);
  });

  it('need a system that there is', () => {
    expect(problems({ env: { SHARED_LOCK_COMPATIBILITY: 'flask' } })[0]).to.contain(
      'give one of original, counter-app, config-cache, config-api, messages, none',
    );
  });
});
