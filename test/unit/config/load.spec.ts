import { expect } from 'chai';
import { describeConfig } from '../../../src/config/describe.js';
import { DEFAULT_LIMITS, DEFAULT_TTL_BOUNDS } from '../../../src/core/limits.js';
import { FILE, load, problems } from './fixture.js';

describe('the configuration', () => {
  context('when nothing is set', () => {
    const { config } = load();

    it('has the defaults of the documentation', () => {
      expect(config.server).to.deep.equal({
        host: '127.0.0.1',
        port: 8080,
        grpcPort: 50_051,
        httpSocketPath: '',
        grpcSocketPath: '',
        socketMode: 0o600,
        socketGroup: '',
        readTimeoutMs: 10_000,
        writeTimeoutMs: 10_000,
        idleTimeoutMs: 120_000,
        maxConnectionAgeMs: 0,
        connectionAgeGraceMs: 0,
        drainDelayMs: 0,
        shutdownTimeoutMs: 10_000,
        pprofEnabled: false,
      });
      expect(config.log).to.deep.equal({ level: 'info', files: undefined });
      expect(config.tls).to.equal(undefined);
    });

    it('warns of a group of the sockets that their mode does not let in', () => {
      const group = { SHARED_LOCK_SOCKET_GROUP: 'locks' };
      const [warning] = load({ env: group }).config.warnings;
      expect(warning).to.contain('SHARED_LOCK_SOCKET_MODE=0660');
      const { warnings } = load({ env: { ...group, SHARED_LOCK_SOCKET_MODE: '0660' } }).config;
      expect(warnings).to.deep.equal([]);
    });

    it('has a lock for counting', () => {
      expect(config.counterLock).to.deep.equal({ key: 'counter', ttlMs: 60_000 });
    });

    it('has the limits and TTLs of core', () => {
      expect(config.limits).to.deep.equal(DEFAULT_LIMITS);
      expect(config.ttl).to.deep.equal(DEFAULT_TTL_BOUNDS);
    });

    it('is frozen all the way down', () => {
      expect(Object.isFrozen(config)).to.equal(true);
      expect(Object.isFrozen(config.server)).to.equal(true);
      expect(Object.isFrozen(config.storage)).to.equal(true);
    });
  });

  context('when a setting has several sources', () => {
    const file = { server: { port: 1 } };
    const env = { SHARED_LOCK_SERVER_PORT: '2' };

    it('takes the file before the default', () => {
      expect(load({ file }).config.server.port).to.equal(1);
    });

    it('takes the environment before the file', () => {
      expect(load({ file, env }).config.server.port).to.equal(2);
    });

    it('takes the flag before the environment', () => {
      expect(load({ file, env, flags: { port: '3' } }).config.server.port).to.equal(3);
    });

    it('takes an empty variable for one that is not set', () => {
      const { config } = load({ file, env: { SHARED_LOCK_SERVER_PORT: '' } });
      expect(config.server.port).to.equal(1);
    });

    it('warns of empty variables, unless something else gives the value', () => {
      const empty = { SHARED_LOCK_SERVER_PORT: '', SHARED_LOCK_DEBUG: '' };
      expect(load({ env: empty }).config.warnings).to.deep.equal([
        'SHARED_LOCK_SERVER_PORT, SHARED_LOCK_DEBUG are empty, which counts as not set',
      ]);
      expect(load({ file, env: empty }).config.warnings).to.deep.equal([
        'SHARED_LOCK_DEBUG is empty, which counts as not set',
      ]);
    });

    it('knows the origin of each', () => {
      const { setpoints } = load({
        file: { server: { host: '::', port: 1 } },
        env,
        flags: { 'grpc-port': '0' },
      });
      const origins = setpoints.slice(0, 4).map(({ path, origin }) => `${path} ${origin}`);
      expect(origins).to.deep.equal([
        'server.host file',
        'server.port environment',
        'server.grpcPort flag',
        'server.httpSocketPath default',
      ]);
    });
  });

  context('when a value is no good', () => {
    it('names a variable, its value and what would be right', () => {
      expect(problems({ env: { SHARED_LOCK_SERVER_PORT: '80800' } })).to.deep.equal([
        'SHARED_LOCK_SERVER_PORT=80800: give a port from 0 to 65535 (0: any free one)',
      ]);
    });

    it('names a flag', () => {
      expect(problems({ flags: { port: '-1' } })[0]).to.match(/^--port=-1: give a port/);
    });

    it('names a place in the file', () => {
      const [problem] = problems({ file: { server: { readTimeout: 10 } } });
      expect(problem).to.match(
        /^\/etc\/shared-lock\.json: server\.readTimeout=10: give a duration/,
      );
    });

    for (const flag of ['data-dir', 'host', 'storage'] as const) {
      it(`refuses an empty --${flag}, which would silently mean the default`, () => {
        expect(problems({ flags: { [flag]: '' } })).to.deep.equal([
          `--${flag} is empty: give a value, or leave it out for the default`,
        ]);
      });
    }

    it('refuses an empty text in the file where that means nothing', () => {
      const file = { server: { host: '' }, storage: { dataDir: '' }, etcd: { caCertPath: '' } };
      expect(problems({ file })).to.deep.equal(
        ['server.host', 'storage.dataDir', 'etcd.caCertPath'].map(
          (path) => `${FILE}: ${path} is empty: give a value, or leave it out for the default`,
        ),
      );
    });

    it('takes an empty text in the file where that means none', () => {
      const file = { log: { dir: '' }, server: { httpSocketPath: '' } };
      const { log, server } = load({ file }).config;
      expect([log.files, server.httpSocketPath]).to.deep.equal([undefined, '']);
    });

    it('says all that is wrong at once', () => {
      const env = { SHARED_LOCK_SERVER_PORT: 'x', SHARED_LOCK_DEBUG: 'yes' };
      expect(problems({ env })).to.have.lengthOf(2);
    });

    it('never shows a password that was put into an address', () => {
      const env = { SHARED_LOCK_ETCD_ADDR_LIST: 'http://root:hunter2@etcd:2379' };
      const text = problems({ env }).join('\n');
      expect(text).to.contain('etcd:2379').and.to.contain('SHARED_LOCK_ETCD_USERNAME');
      expect(text).not.to.contain('hunter2');
    });
  });

  context('when a name is not known', () => {
    it('refuses a variable and names the nearest', () => {
      expect(problems({ env: { SHARED_LOCK_SERVER_PROT: '1' } })).to.deep.equal([
        'SHARED_LOCK_SERVER_PROT: there is no such variable (did you mean SHARED_LOCK_SERVER_PORT?)',
      ]);
    });

    it('names what somebody meant who guessed', () => {
      const env = { SHARED_LOCK_HTTP_PORT: '1', SHARED_LOCK_ETCD_ENDPOINTS: 'http://a:2379' };
      expect(problems({ env })).to.deep.equal([
        'SHARED_LOCK_HTTP_PORT: there is no such variable (did you mean SHARED_LOCK_SERVER_PORT?)',
        'SHARED_LOCK_ETCD_ENDPOINTS: there is no such variable (did you mean SHARED_LOCK_ETCD_ADDR_LIST?)',
      ]);
    });

    it("names the nearest of the command line's variables too", () => {
      expect(problems({ env: { SHARED_LOCK_ADRESS: 'a:1' } })).to.deep.equal([
        'SHARED_LOCK_ADRESS: there is no such variable (did you mean SHARED_LOCK_ADDRESS?)',
      ]);
    });

    it('refuses a member of the file and names the nearest', () => {
      expect(problems({ file: { server: { prot: 1 } } })).to.deep.equal([
        `${FILE}: there is no setting server.prot (did you mean server.port?)`,
      ]);
    });

    it('tells of bad values along with it', () => {
      const file = { server: { prot: 1, port: 'x', host: { a: 1 } }, log: { level: 'loud' } };
      expect(problems({ file })).to.have.lengthOf(4);
    });

    for (const name of ['__proto__', 'constructor', 'toString']) {
      it(`refuses ${name} in the file`, () => {
        expect(problems({ file: `{"${name}": {"port": 1}}` })[0]).to.contain('there is no setting');
      });
    }

    it('takes variables of the command line for what they are', () => {
      expect(load({ env: { SHARED_LOCK_ADDRESS: 'localhost:1' } }).config).to.be.an('object');
    });

    it('ignores what Kubernetes adds for a Service of our name', () => {
      const env = {
        SHARED_LOCK_SERVICE_HOST: '10.0.0.1',
        SHARED_LOCK_SERVICE_PORT_HTTP: '8080',
        SHARED_LOCK_PORT: 'tcp://10.0.0.1:8080',
        SHARED_LOCK_PORT_8080_TCP_ADDR: '10.0.0.1',
      };
      expect(load({ env }).config.server.port).to.equal(8080);
    });

    it('says where a port from Kubernetes comes from', () => {
      const env = { SHARED_LOCK_GRPC_PORT: 'tcp://10.0.0.1:50051' };
      expect(problems({ env })[0]).to.contain('enableServiceLinks: false');
    });
  });

  context('when the file is no good', () => {
    it('says that it is not there', () => {
      expect(problems({ configPath: '/nowhere.json' })).to.deep.equal([
        '/nowhere.json: there is no such file; --config takes the path of a JSON file',
      ]);
    });

    const cases: readonly (readonly [string, string])[] = [
      ['is not JSON', '{'],
      ['is an array', '[]'],
      ['is a number', '1'],
      ['has an object for a value', '{"server":{"port":{"a":1}}}'],
      ['has a value for a group', '{"server":1}'],
    ];
    for (const [what, file] of cases) {
      it(`is refused if it ${what}`, () => {
        expect(problems({ file })[0]).to.match(/^\/etc\/shared-lock\.json: /);
      });
    }
  });

  it("lets the original's callers have a TTL of a year, unless a bound is set on purpose", () => {
    const yearMs = 365 * 86_400_000;
    expect(load().config.originalTtl).to.deep.equal({ ...load().config.ttl, maxMs: yearMs });
    const { config } = load({ env: { SHARED_LOCK_LEASE_TTL_MAX: '24h' } });
    expect(config.originalTtl).to.deep.equal(config.ttl);
  });

  context('when settings do not fit together', () => {
    const cases: readonly (readonly [string, Record<string, string>, string])[] = [
      ['a certificate without its key', { SHARED_LOCK_TLS_CERT_PATH: '/c' }, 'TLS_KEY_PATH'],
      ['a client CA without TLS', { SHARED_LOCK_TLS_CLIENT_CA_PATH: '/c' }, 'TLS_CERT_PATH'],
      ['a minimum TTL above the default', { SHARED_LOCK_LEASE_TTL_MIN: '11s' }, 'between'],
      ['a maximum TTL below the default', { SHARED_LOCK_LEASE_TTL_MAX: '9s' }, 'between'],
      ['one port for both servers', { SHARED_LOCK_GRPC_PORT: '8080' }, 'give two ports'],
      [
        'one socket for both servers',
        { SHARED_LOCK_HTTP_SOCKET_PATH: '/s', SHARED_LOCK_GRPC_SOCKET_PATH: '/s' },
        'give two paths',
      ],
      ['a read timeout of 0', { SHARED_LOCK_SERVER_READ_TIMEOUT: '0' }, 'give a duration'],
      ["a counter's lock that is no name", { SHARED_LOCK_COUNTER_LOCK_KEY: 'a/../b' }, 'LOCK_KEY'],
      ["a counter's TTL above the maximum", { SHARED_LOCK_COUNTER_LOCK_TTL: '25h' }, 'lie between'],
      ['a user without a password', { SHARED_LOCK_ETCD_USERNAME: 'root' }, 'PASSWORD_FILE'],
    ];
    for (const [what, env, expected] of cases) {
      it(`refuses ${what}`, () => {
        const found = problems({ env });
        expect(found).to.have.lengthOf(1);
        expect(found[0]).to.contain(expected);
      });
    }

    it("keeps the default TTL of the counter's lock within bounds that are given", () => {
      const env = { SHARED_LOCK_LEASE_TTL_MAX: '30s' };
      expect(load({ env }).config.counterLock.ttlMs).to.equal(30_000);
    });

    it('takes two ports of 0', () => {
      const flags = { port: '0', 'grpc-port': '0' };
      expect(load({ flags }).config.server.grpcPort).to.equal(0);
    });
  });

  it('logs on level debug with SHARED_LOCK_DEBUG', () => {
    expect(load({ env: { SHARED_LOCK_DEBUG: 'T' } }).config.log.level).to.equal('debug');
  });

  it('describes every setting with its origin, and shows no password', () => {
    const loaded = load({
      env: { SHARED_LOCK_ETCD_USERNAME: 'root', SHARED_LOCK_ETCD_PASSWORD_FILE: '/pw' },
      files: { '/pw': 'hunter2\n' },
      flags: { port: '0' },
    });
    const text = describeConfig(loaded);
    expect(text).to.match(/SHARED_LOCK_SERVER_PORT +server\.port +0 +flag/);
    expect(text).to.match(/SHARED_LOCK_ETCD_USERNAME +etcd\.username +root +environment/);
    expect(text).to.contain('password ******').and.not.to.contain('hunter2');
    for (const { setting } of loaded.setpoints) expect(text).to.contain(setting.env);
  });

  it('describes the storage and the folder that follow from what was not set', () => {
    const text = describeConfig(load());
    expect(text).to.match(/SHARED_LOCK_STORAGE_TYPE +storage\.type +embedded +default/);
    expect(text).to.match(
      /SHARED_LOCK_DATA_DIR +storage\.dataDir +\/home\/ann\/.local\/state\/shared-lock +default/,
    );
  });
});
