import { expect } from 'chai';
import type { EtcdConfig, StorageConfig } from '../../../src/config/config.js';
import { FILE, load, problems, type Setup } from './fixture.js';

function storage(setup: Setup = {}): StorageConfig {
  return load(setup).config.storage;
}

function etcd(env: Record<string, string>, files: Record<string, string> = {}): EtcdConfig {
  const chosen = storage({ env: { SHARED_LOCK_STORAGE_TYPE: 'etcd', ...env }, files });
  if (chosen.type !== 'etcd') expect.fail(`storage is ${chosen.type}`);
  return chosen.etcd;
}

describe('the choice of storage', () => {
  it('is embedded, by default, if nothing is said', () => {
    expect(storage()).to.include({ type: 'embedded', byDefault: true });
  });

  it('is etcd if any of its settings is given', () => {
    expect(storage({ env: { SHARED_LOCK_ETCD_CALL_TIMEOUT: '1s' } }).type).to.equal('etcd');
    expect(storage({ flags: { etcd: 'localhost:2379' } }).type).to.equal('etcd');
    expect(storage({ file: { etcd: { tls: false } } }).type).to.equal('etcd');
  });

  it('is what is said, etcd settings or not', () => {
    const env = { SHARED_LOCK_ETCD_TLS: 'true', SHARED_LOCK_STORAGE_TYPE: 'embedded' };
    expect(storage({ env })).to.include({ type: 'embedded', byDefault: false });
  });

  it('warns of what is given for a storage that is not used', () => {
    const env = { SHARED_LOCK_ETCD_ADDR_LIST: 'a:1', SHARED_LOCK_STORAGE_TYPE: 'embedded' };
    expect(load({ env }).config.warnings).to.deep.equal([
      'SHARED_LOCK_ETCD_ADDR_LIST is not used: storage is embedded, which shares nothing with other nodes',
    ]);
    const flags = { etcd: 'a:1', 'data-dir': '/d' };
    expect(load({ flags }).config.warnings).to.deep.equal([
      '--data-dir is not used: storage is etcd',
    ]);
    expect(load({ flags: { ...flags, storage: 'memory' } }).config.warnings).to.deep.equal([
      '--etcd, --data-dir are not used: storage is memory, which shares nothing with other nodes',
    ]);
  });

  it('warns of nothing where all that is given is used', () => {
    expect(load({ flags: { etcd: 'a:1' } }).config.warnings).to.deep.equal([]);
    expect(load({ flags: { 'data-dir': '/d' } }).config.warnings).to.deep.equal([]);
  });

  it("takes mock, the original's word, for memory", () => {
    expect(storage({ flags: { storage: 'mock' } }).type).to.equal('memory');
  });

  it('refuses another word', () => {
    expect(problems({ flags: { storage: 'redis' } })[0]).to.contain('etcd, embedded, memory, mock');
  });
});

describe('an empty variable that was to say which store is meant', () => {
  const EMPTY =
    ' is empty: give a value, or unset it; the daemon would use a store that nobody named';
  const refused = (env: Record<string, string>, more: Omit<Setup, 'env'> = {}): readonly string[] =>
    problems({ env, ...more });

  it('is refused with white space in it, too', () => {
    for (const list of [' ', ',', 'http://:2379']) {
      expect(refused({ SHARED_LOCK_ETCD_ADDR_LIST: list })).to.have.lengthOf(1);
    }
  });

  for (const name of ['ADDR_LIST', 'TLS', 'USERNAME', 'CALL_TIMEOUT']) {
    it(`is refused if no storage was chosen: SHARED_LOCK_ETCD_${name}`, () => {
      const variable = `SHARED_LOCK_ETCD_${name}`;
      expect(refused({ [variable]: '' })).to.deep.equal([variable + EMPTY]);
    });
  }

  it('is refused also where the storage is etcd: its addresses', () => {
    const env = { SHARED_LOCK_ETCD_ADDR_LIST: '' };
    const expected = [`SHARED_LOCK_ETCD_ADDR_LIST${EMPTY}`];
    expect(refused({ ...env, SHARED_LOCK_STORAGE_TYPE: 'etcd' })).to.deep.equal(expected);
    expect(refused({ ...env, SHARED_LOCK_ETCD_TLS: 'true' })).to.deep.equal(expected);
  });

  it('is refused: type, folder and prefix', () => {
    expect(refused({ SHARED_LOCK_STORAGE_TYPE: '' })).to.have.lengthOf(1);
    expect(refused({ SHARED_LOCK_DATA_DIR: '' })).to.have.lengthOf(1);
    expect(refused({ SHARED_LOCK_KEY_PREFIX: '' }, { flags: { etcd: 'a:1' } })).to.have.lengthOf(1);
  });

  it('is told of, and no more, where something else says which store is meant', () => {
    const told = (env: Record<string, string>, more: Omit<Setup, 'env'> = {}): StorageConfig => {
      const { config } = load({ env, ...more });
      expect(config.warnings).to.have.lengthOf(1);
      expect(config.warnings[0]).to.contain('empty, which counts as not set');
      return config.storage;
    };
    const list = { SHARED_LOCK_ETCD_ADDR_LIST: '' };
    expect(told(list, { flags: { storage: 'embedded' } }).type).to.equal('embedded');
    expect(told({ ...list, SHARED_LOCK_STORAGE_TYPE: 'memory' }).type).to.equal('memory');
    const given = { SHARED_LOCK_ETCD_ADDR_LIST: 'a:1' };
    expect(told({ ...given, SHARED_LOCK_STORAGE_TYPE: '' }).type).to.equal('etcd');
    const others = { SHARED_LOCK_ETCD_CALL_TIMEOUT: '', SHARED_LOCK_DATA_DIR: '' };
    expect(told({ ...given, ...others }).type).to.equal('etcd');
  });

  it('is as good as none where a flag or the file names the store', () => {
    const env = { SHARED_LOCK_ETCD_ADDR_LIST: '' };
    const flags = { etcd: 'a:1' };
    expect(load({ env, flags }).config).to.deep.include({ warnings: [] });
    expect(storage({ env, file: { etcd: { addrList: 'a:1' } } }).type).to.equal('etcd');
  });
});

describe('an empty setting that was to protect', () => {
  const OWN = [
    'SHARED_LOCK_TLS_CERT_PATH',
    'SHARED_LOCK_TLS_KEY_PATH',
    'SHARED_LOCK_TLS_CLIENT_CA_PATH',
  ];
  const OF_ETCD = [
    ...['SHARED_LOCK_ETCD_TLS', 'SHARED_LOCK_CA_CERT_PATH', 'SHARED_LOCK_CLIENT_CERT_PATH'],
    ...[
      'SHARED_LOCK_CLIENT_KEY_PATH',
      'SHARED_LOCK_ETCD_USERNAME',
      'SHARED_LOCK_ETCD_PASSWORD_FILE',
    ],
  ];
  const memory = { SHARED_LOCK_STORAGE_TYPE: 'memory' };

  for (const name of OWN) {
    it(`is refused as a variable: ${name}`, () => {
      const why = 'give a value, or unset it; the daemon would serve without what it protects';
      expect(problems({ env: { ...memory, [name]: '' } })).to.deep.equal([
        `${name} is empty: ${why}`,
      ]);
    });
  }

  for (const name of OF_ETCD) {
    it(`is refused as a variable where the storage is etcd, and told of elsewhere: ${name}`, () => {
      const why = 'give a value, or unset it; the daemon would use etcd without what it protects';
      const env = { SHARED_LOCK_ETCD_ADDR_LIST: 'a:1', [name]: '' };
      expect(problems({ env })).to.deep.equal([`${name} is empty: ${why}`]);
      expect(load({ env: { ...memory, [name]: '' } }).config.warnings).to.deep.equal([
        `${name} is empty, which counts as not set`,
      ]);
    });
  }

  it('is refused in the file', () => {
    const tls = { certPath: 'c', keyPath: 'k', clientCaPath: '' };
    expect(problems({ file: { tls, storage: { type: 'memory' } } })).to.deep.equal([
      `${FILE}: tls.clientCaPath is empty: give a value, or leave it out for the default`,
    ]);
  });
});

describe('the folder of the embedded storage', () => {
  const folder = (setup: Setup): string | undefined => {
    const chosen = storage(setup);
    return chosen.type === 'embedded' ? chosen.folder : undefined;
  };

  it('is /var/lib/shared-lock for root', () => {
    expect(folder({ isRoot: true })).to.equal('/var/lib/shared-lock');
  });

  it('is in the home folder for others', () => {
    expect(folder({})).to.equal('/home/ann/.local/state/shared-lock');
  });

  it('follows XDG_STATE_HOME unless that is relative', () => {
    expect(folder({ env: { XDG_STATE_HOME: '/x' } })).to.equal('/x/shared-lock');
    expect(folder({ env: { XDG_STATE_HOME: 'x' } })).to.equal('/home/ann/.local/state/shared-lock');
  });

  it('is what is said', () => {
    expect(folder({ flags: { 'data-dir': '/d' }, isRoot: true })).to.equal('/d');
  });
});

describe('the addresses of etcd', () => {
  const list = (text: string): readonly string[] =>
    etcd({ SHARED_LOCK_ETCD_ADDR_LIST: text }).endpoints;

  it('are localhost by default', () => {
    expect(etcd({}).endpoints).to.deep.equal(['http://localhost:2379']);
  });

  it('may come with or without a scheme, and with spaces', () => {
    expect(list('a:1, b:2')).to.deep.equal(['http://a:1', 'http://b:2']);
    expect(list('http://a:1/,http://[::1]:2')).to.deep.equal(['http://a:1', 'http://[::1]:2']);
  });

  it('turn TLS on by https', () => {
    const found = etcd({ SHARED_LOCK_ETCD_ADDR_LIST: 'https://a:1' });
    expect(found.endpoints).to.deep.equal(['https://a:1']);
    expect(found.tls).to.deep.equal({ caPath: undefined, client: undefined });
  });

  it('become https with SHARED_LOCK_ETCD_TLS', () => {
    const env = { SHARED_LOCK_ETCD_TLS: 'true', SHARED_LOCK_ETCD_ADDR_LIST: 'a:1' };
    expect(etcd(env).endpoints).to.deep.equal(['https://a:1']);
    expect(etcd({ SHARED_LOCK_ETCD_TLS: 'true' }).endpoints).to.deep.equal([
      'https://localhost:2379',
    ]);
  });

  it('may not say http where TLS is on', () => {
    const env = {
      SHARED_LOCK_ETCD_TLS: 'true',
      SHARED_LOCK_ETCD_ADDR_LIST: 'http://a:1',
    };
    expect(problems({ env })[0]).to.contain('write https://');
  });

  for (const bad of ['http://a:1,https://b:2', 'a', 'a:0', 'a:70000', 'ftp://a:1', 'a:1,,b:2']) {
    it(`may not be ${bad}`, () => {
      expect(problems({ env: { SHARED_LOCK_ETCD_ADDR_LIST: bad } })[0]).to.contain(
        'give comma-separated addresses',
      );
    });
  }

  it('may be an array in the file', () => {
    const chosen = storage({ file: { etcd: { addrList: ['a:1', 'b:2'] } } });
    expect(chosen.type === 'etcd' && chosen.etcd.endpoints).to.deep.equal([
      'http://a:1',
      'http://b:2',
    ]);
  });
});

describe('the certificates for etcd', () => {
  const tls = (env: Record<string, string>, files = {}): EtcdConfig['tls'] =>
    etcd({ SHARED_LOCK_ETCD_TLS: '1', ...env }, files).tls;

  it('are those of the default paths where they exist', () => {
    const files = {
      '/etc/etcd/ca.crt': '',
      '/etc/etcd/client.crt': '',
      '/etc/etcd/client.key': '',
    };
    expect(tls({}, files)).to.deep.equal({
      caPath: '/etc/etcd/ca.crt',
      client: { certPath: '/etc/etcd/client.crt', keyPath: '/etc/etcd/client.key' },
    });
  });

  it('are taken as given even where they do not exist, so that the start can say so', () => {
    expect(tls({ SHARED_LOCK_CA_CERT_PATH: '/ca' })?.caPath).to.equal('/ca');
  });
});

describe('the password for etcd', () => {
  const env = { SHARED_LOCK_ETCD_USERNAME: 'root', SHARED_LOCK_ETCD_PASSWORD_FILE: '/pw' };

  it('is read from its file, without the newline at the end', () => {
    expect(etcd(env, { '/pw': ' hunter2 \n' }).auth).to.deep.equal({
      username: 'root',
      password: ' hunter2 ',
    });
  });

  it('may not be empty or missing', () => {
    expect(problems({ env, files: { '/pw': '\n' } })[0]).to.contain('the file is empty');
    expect(problems({ env })[0]).to.contain("/pw: can't be read");
  });
});
