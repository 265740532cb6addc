import { expect } from 'chai';
import { isFault } from '../../../src/core/errors.js';
import { HttpFault } from '../../../src/server/http/http-fault.js';
import { Router } from '../../../src/server/http/router.js';
import { parseQuery, splitTarget } from '../../../src/server/http/target.js';
import { DESCRIPTORS } from '../../support/wire-servers.js';

const router = new Router(DESCRIPTORS.methods);

/** `Method name=value`. */
function match(httpMethod: string, path: string): string {
  const { method, variables } = router.match(httpMethod, path);
  return [method.name, ...[...variables].map(([name, value]) => `${name}=${value}`)].join(' ');
}

function failure(httpMethod: string, path: string): unknown {
  try {
    match(httpMethod, path);
  } catch (error) {
    return error instanceof HttpFault ? error.httpStatus : isFault(error) ? error.code : error;
  }
  return 'matched';
}

describe('the router', () => {
  const matches: readonly (readonly [string, string, string])[] = [
    ['POST', '/v1/leases', 'CreateLease'],
    ['GET', '/v1/leases', 'ListLeases'],
    ['GET', '/v1/leases/5', 'GetLease lease_id=5'],
    ['DELETE', '/v1/leases/5', 'RevokeLease lease_id=5'],
    ['POST', '/v1/leases/5:keepAlive', 'KeepAlive lease_id=5'],
    ['GET', '/v1/locks/a', 'GetLock name=a'],
    ['POST', '/v1/locks/a:acquire', 'Acquire name=a'],
    ['POST', '/v1/locks/a:forceRelease', 'ForceRelease name=a'],
    ['GET', '/v1/locks/a:watch', 'WatchLock name=a'],
    ['POST', '/v1/locks/a:b:acquire', 'Acquire name=a:b'],
    ['POST', '/v1/locks/a%3Arelease:acquire', 'Acquire name=a:release'],
    ['GET', '/v1/locks/a:b', 'GetLock name=a:b'],
    ['GET', '/v1/locks/a%3Awatch', 'GetLock name=a:watch'],
    ['GET', '/v1/locks/a:Watch', 'GetLock name=a:Watch'],
    ['GET', '/v1/locks/a:', 'GetLock name=a:'],
    ['GET', '/v1/locks/:', 'GetLock name=:'],
    ['GET', '/v1/locks/%2F', 'GetLock name=/'],
    ['GET', '/v1/locks/%252F', 'GetLock name=%2F'],
    ['GET', '/v1/locks/', 'GetLock'],
    ['POST', '/v1/locks/:acquire', 'Acquire'],
    ['GET', '/v1/namespaces//configs/', 'GetConfig'],
    ['GET', '/v1/namespaces/a/configs/', 'GetConfig namespace=a'],
    ['GET', '/v1/locks/\u00c3\u00a9', 'GetLock name=\u00e9'],
  ];
  for (const [httpMethod, path, expected] of matches) {
    it(`takes ${httpMethod} ${path} as ${expected}`, () => {
      expect(match(httpMethod, path)).to.equal(expected);
    });
  }

  it('names the verbs that a path can end with when the method is wrong, as one is for a misspelled verb', () => {
    const says = 'this path takes GET; with :acquire, :checkToken, :forceRelease, :hold, :release';
    for (const [method, path] of [
      ['POST', '/v1/locks/a:aquire'],
      ['DELETE', '/v1/locks/a'],
    ] as const) {
      expect(() => match(method, path)).to.throw(HttpFault, `${says} at its end, POST`);
    }
    expect(() => match('GET', '/v1/locks/a:acquire')).to.throw(HttpFault, /takes POST$/);
  });

  const failures: readonly (readonly [string, string, unknown])[] = [
    ['GET', '/', 404],
    ['GET', '//v1/locks', 404],
    ['GET', '/v1/locks/a/b', 404],
    ['GET', '/V1/locks', 404],
    ['GET', '/v1/loc%6bs', 404],
    ['PUT', '/v1/locks/a', 405],
    ['POST', '/v1/locks/a:watch', 405],
    ['GET', '/v1/locks/%', 'INVALID_ARGUMENT'],
    ['GET', '/v1/locks/%c0%af', 'INVALID_ARGUMENT'],
    ['GET', '/v1/locks/\u00ff', 'INVALID_ARGUMENT'],
  ];
  for (const [httpMethod, path, expected] of failures) {
    it(`answers ${String(expected)} to ${httpMethod} ${path}`, () => {
      expect(failure(httpMethod, path)).to.equal(expected);
    });
  }
});

describe('a request target', () => {
  it('is a path and a query', () => {
    expect(splitTarget('/a?b=c?d')).to.deep.equal({ path: '/a', query: 'b=c?d' });
  });

  it('can be absolute, as proxies send it', () => {
    expect(splitTarget('http://x:1/a?b')).to.deep.equal({ path: '/a', query: 'b' });
    expect(splitTarget('http://x')).to.deep.equal({ path: '/', query: '' });
  });

  it('keeps a double slash at its beginning', () => {
    expect(splitTarget('//evil/a')).to.deep.equal({ path: '//evil/a', query: '' });
  });

  it('is nothing else', () => {
    expect(splitTarget('*')).to.equal(undefined);
    expect(splitTarget('ftp://x/a')).to.equal(undefined);
  });
});

describe('a query', () => {
  it('is decoded once, after it was split', () => {
    expect(parseQuery('a=1%262&b=x+y%2B&c&=d')).to.deep.equal([
      ['a', '1&2'],
      ['b', 'x y+'],
      ['c', ''],
      ['', 'd'],
    ]);
  });
});
