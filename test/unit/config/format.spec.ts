import { expect } from 'chai';
import {
  boolean,
  durationMs,
  integer,
  keyPrefix,
  socketGroup,
  socketMode,
  socketPath,
  type Format,
} from '../../../src/config/format.js';
import { configTable, withConfigTable } from '../../../src/config/markdown.js';
import { flatten } from '../../../src/config/setting.js';
import { SETTINGS } from '../../../src/config/settings.js';
import { hostList, originList } from '../../../src/config/web-lists.js';

const MARKERS = [
  '<!-- configuration: made by `npm run docs:config` -->',
  '<!-- end of configuration -->',
] as const;

describe('formats of settings', () => {
  const cases: readonly (readonly [string, Format<unknown>, unknown, unknown])[] = [
    ...['1', 't', 'T', 'TRUE', 'true', 'True', true].map(
      (input) => ['a boolean', boolean, input, true] as const,
    ),
    ...['0', 'f', 'F', 'FALSE', 'false', 'False', false].map(
      (input) => ['a boolean', boolean, input, false] as const,
    ),
    ...['yes', 'on', 'tRUE', '', 1].map(
      (input) => ['a boolean', boolean, input, undefined] as const,
    ),
    ['a number', integer(1, 10), '7', 7],
    ['a number', integer(1, 10), 7, 7],
    ...['0', '11', '1.0', '1e1', ' 7', '-1', '0x7', '', 1.5, null].map(
      (input) => ['a number', integer(1, 10), input, undefined] as const,
    ),
    ['a duration', durationMs(1, 1e6), '1m30s', 90_000],
    ['a duration', durationMs(0, 1e6), '0', 0],
    ['a duration', durationMs(1, 1e6), '1.5ms', 2],
    ...['10', '1,5s', '0', '-1s', '1h', 10].map(
      (input) => ['a duration', durationMs(1, 1e6), input, undefined] as const,
    ),
    ['a socket', socketPath, '', ''],
    ['a socket', socketPath, `/${'a'.repeat(106)}`, `/${'a'.repeat(106)}`],
    ...[`/${'a'.repeat(107)}`, `/${'ä'.repeat(54)}`, 'a.sock', './a.sock', '/run/'].map(
      (input) => ['a socket', socketPath, input, undefined] as const,
    ),
    ['a mode', socketMode, '0600', 0o600],
    ['a mode', socketMode, '660', 0o660],
    ['a mode', socketMode, '0666', 0o666],
    ...['', '0060', '0777', '0661', '6660', '00660', '0o660', 'rw', 660].map(
      (input) => ['a mode', socketMode, input, undefined] as const,
    ),
    ['a group', socketGroup, '', ''],
    ['a group', socketGroup, 'locks', 'locks'],
    ['a group', socketGroup, 4711, '4711'],
    ['a group', socketGroup, '4294967294', '4294967294'],
    ...['4294967295', '-1', '1.5', 'a:b', 'a b', 'a,b'].map(
      (input) => ['a group', socketGroup, input, undefined] as const,
    ),
    ['a prefix', keyPrefix, '/a/', '/a/'],
    ['a prefix', keyPrefix, '/a/b/', '/a/b/'],
    ...['/', '//', '///', 'a/', '/a', '', '/a\n/', '/\ud800/'].map(
      (input) => ['a prefix', keyPrefix, input, undefined] as const,
    ),
  ];
  for (const [what, format, input, value] of cases) {
    it(`reads ${JSON.stringify(input)} as ${what}: ${String(value)}`, () => {
      expect(format.read(input)).to.equal(value);
    });
  }

  const lists: readonly (readonly [Format<readonly string[]>, unknown, string[] | undefined])[] = [
    [hostList, '', []],
    [hostList, 'Locks.Example.com, .corp.example', ['locks.example.com', '.corp.example']],
    [hostList, ['a.example'], ['a.example']],
    ...['*', '*.example.com', 'a.example:80', 'http://a.example', 'a,,b', 'a b', 7].map(
      (input) => [hostList, input, undefined] as const,
    ),
    [hostList, Array.from({ length: 101 }, () => 'a.example'), undefined],
    [originList, '', []],
    [originList, 'https://Ops.example.com:443/', ['https://ops.example.com']],
    [originList, 'http://a:3000,https://b', ['http://a:3000', 'https://b']],
    ...['*', 'null', 'a.example', 'https://*.example', 'https://a/path', 'file://a'].map(
      (input) => [originList, input, undefined] as const,
    ),
  ];
  for (const [format, input, value] of lists) {
    it(`reads ${JSON.stringify(input).slice(0, 60)} as a list for web pages: ${String(value)}`, () => {
      expect(format.read(input)).to.deep.equal(value);
    });
  }
});

describe('the schema', () => {
  const settings = flatten(SETTINGS);

  it('has no variable, path or flag twice', () => {
    for (const names of [
      settings.map(({ setting }) => setting.env),
      settings.map(({ path }) => path),
      settings.flatMap(({ setting }) => setting.flag ?? []),
    ]) {
      expect(new Set(names).size).to.equal(names.length);
    }
  });

  it('has defaults that its own formats can read', () => {
    const bad = settings.filter(({ setting }) => {
      return setting.format.read(setting.fallback) === undefined;
    });
    expect(bad).to.deep.equal([]);
  });

  it("keeps the original's variables and defaults", () => {
    const found = new Map(settings.map(({ setting }) => [setting.env, setting.fallback]));
    const original: Record<string, string> = {
      SHARED_LOCK_SERVER_PORT: '8080',
      SHARED_LOCK_SERVER_READ_TIMEOUT: '10s',
      SHARED_LOCK_SERVER_WRITE_TIMEOUT: '10s',
      SHARED_LOCK_SERVER_IDLE_TIMEOUT: '120s',
      SHARED_LOCK_SERVER_SHUTDOWN_TIMEOUT: '10s',
      SHARED_LOCK_PPROF_ENABLED: 'false',
      SHARED_LOCK_STORAGE_TYPE: '',
      SHARED_LOCK_ETCD_ADDR_LIST: 'http://localhost:2379',
      SHARED_LOCK_ETCD_TLS: 'false',
      SHARED_LOCK_CA_CERT_PATH: '/etc/etcd/ca.crt',
      SHARED_LOCK_CLIENT_CERT_PATH: '/etc/etcd/client.crt',
      SHARED_LOCK_CLIENT_KEY_PATH: '/etc/etcd/client.key',
      SHARED_LOCK_CACHE_ENABLED: 'false',
      SHARED_LOCK_CACHE_SIZE: '1000',
      SHARED_LOCK_DEBUG: 'false',
    };
    for (const [name, fallback] of Object.entries(original)) {
      expect([name, found.get(name)]).to.deep.equal([name, fallback]);
    }
  });
});

describe('the table for the documentation', () => {
  it('has a row for each setting', () => {
    expect(configTable().split('\n')).to.have.lengthOf(2 + flatten(SETTINGS).length);
  });

  it('replaces only what is between the markers', () => {
    const [begin, end] = MARKERS;
    const text = withConfigTable(`before\n${begin}\nOUTDATED\n${end}\nafter`);
    expect(text)
      .to.match(/^before\n/)
      .and.to.match(/\nafter$/);
    expect(text).to.contain('SHARED_LOCK_SERVER_PORT').and.not.to.contain('OUTDATED');
    expect(withConfigTable(text)).to.equal(text);
  });

  it('can not be put into a document without markers', () => {
    expect(() => withConfigTable('text')).to.throw('put these two lines there');
  });
});
