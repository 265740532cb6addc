import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { entityTag } from '../../../src/core/entity-tags.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  acquireRequest,
  caller,
  faultOf,
  grantOf,
  keysBelow,
  memoryStore,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';
import { put, requests, textOf } from './config-requests.js';

describe('ConfigService', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let daemon: TestDaemon;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    daemon = startDaemon(store, clock);
  });

  afterEach(async () => {
    await store.close();
  });

  const reasonOf = async (promise: Promise<unknown>): Promise<unknown> => {
    const fault = (await faultOf(promise)) as { details?: { reason?: string }; code?: string };
    return fault.details?.reason ?? fault.code;
  };

  describe('create and put', () => {
    it('create makes version 0, with ids that go up within the namespace', async () => {
      const first = await daemon.configs.create(requests.put('{"a":1}'), caller());
      expect(first).to.include({ version: 0, firstVersion: 0, enabled: true, id: 1 });
      const second = await daemon.configs.create(requests.put('1', { name: 'other' }), caller());
      const third = await daemon.configs.create(requests.put('1', { namespace: 'n2' }), caller());
      expect([second.id, third.id]).to.deep.equal([2, 1]);
    });

    it('create refuses a name that is taken, and leaves it as it is', async () => {
      await put(daemon, '1');
      expect(await reasonOf(daemon.configs.create(requests.put('2'), caller()))).to.equal(
        'CONFIG_EXISTS',
      );
      expect(await textOf(daemon)).to.equal('1');
    });

    it('put creates, then writes the next version', async () => {
      expect(await put(daemon, '1')).to.include({ version: 0, document: '1' });
      const second = await put(daemon, '2');
      expect(second).to.include({ version: 1, documentVersion: 1, document: '2', id: 1 });
      expect(await textOf(daemon)).to.equal('2');
      expect(await textOf(daemon, { version: 0 })).to.equal('1');
    });

    it('does not give an id again after a deletion', async () => {
      await put(daemon, '1');
      await daemon.configs.delete(requests.delete({ force: true }), caller());
      expect(await put(daemon, '1')).to.include({ id: 2, version: 0 });
    });

    it('keeps the text exactly: digits, order, white space', async () => {
      const text = '{ "z" : 9007199254740993.10,\n\t"a":1e400, "__proto__":{"x":1} }\n';
      await put(daemon, text);
      expect(await textOf(daemon)).to.equal(text);
    });

    it('gives all of many concurrent writers a version of their own', async () => {
      const written = await Promise.all(Array.from({ length: 10 }, (_, i) => put(daemon, `${i}`)));
      expect(written.map(({ version }) => version).sort((a, b) => a - b)).to.deep.equal(
        Array.from({ length: 10 }, (_, i) => i),
      );
      for (const { version, document } of written) {
        expect(await textOf(daemon, { version })).to.equal(document);
      }
    });

    for (const text of ['', '{', '{"a":1,"a":2}', '\ufeff{}', '1 2', '[1,]', '"\ud800"']) {
      it(`refuses ${JSON.stringify(text)}`, async () => {
        expect(await faultOf(put(daemon, text))).to.include({ code: 'INVALID_ARGUMENT' });
      });
    }

    it('refuses what is nested 10,000 deep, or above the limit', async () => {
      for (const text of ['['.repeat(10_000) + ']'.repeat(10_000), `"${'x'.repeat(1 << 20)}"`]) {
        expect(await faultOf(put(daemon, text))).to.include({ code: 'INVALID_ARGUMENT' });
      }
    });

    it('takes __proto__ as any other name, of a namespace too', async () => {
      await put(daemon, '{"__proto__":1}', { namespace: '__proto__', name: '__proto__' });
      const text = await textOf(daemon, { namespace: '__proto__', name: '__proto__' });
      expect(text).to.equal('{"__proto__":1}');
      expect(({} as { x?: unknown }).x).to.equal(undefined);
    });

    it('drops versions beyond the limit, the oldest first', async () => {
      const small = startDaemon(store, clock, { configVersions: 3 });
      for (let i = 0; i < 6; i++) await put(small, `${i}`);
      expect(await reasonOf(textOf(small, { version: 2 }))).to.equal('VERSION_NOT_FOUND');
      expect(await textOf(small, { version: 3 })).to.equal('3');
      const page = await small.configs.listVersions({ ...requests.at, pageSize: 0, pageToken: '' });
      expect(page.versions.map(({ version }) => version)).to.deep.equal([5, 4, 3]);
    });

    it('drops what is too much in small steps when the limit was lowered', async () => {
      for (let i = 0; i < 30; i++) await put(daemon, `${i}`);
      const small = startDaemon(store, clock, { configVersions: 2 });
      expect(await put(small, 'true')).to.include({ firstVersion: 8 });
    });
  });

  describe('If-Match', () => {
    it('lets the next write through, and not the one after it', async () => {
      const { revision } = await put(daemon, '1');
      const ifMatch = [entityTag(revision)];
      await put(daemon, '2', { ifMatch });
      expect(await reasonOf(put(daemon, '3', { ifMatch }))).to.equal('ETAG_MISMATCH');
      expect(await textOf(daemon)).to.equal('2');
    });

    it('lets one of many through', async () => {
      const { revision } = await put(daemon, '1');
      const tries = Array.from({ length: 8 }, (_, i) =>
        put(daemon, `${i}`, { ifMatch: ['"1"', entityTag(revision)] }),
      );
      const settled = await Promise.allSettled(tries);
      expect(settled.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    });

    it('refuses to create, also with *', async () => {
      expect(await reasonOf(put(daemon, '1', { ifMatch: '*' }))).to.equal('ETAG_MISMATCH');
      expect(await reasonOf(put(daemon, '1', { ifMatch: ['"1"'] }))).to.equal('ETAG_MISMATCH');
    });

    it('is checked by every write', async () => {
      await put(daemon, '1');
      const write = { ...requests.write, ifMatch: ['"1"'] };
      for (const attempt of [
        daemon.configs.patch(requests.patch('2', write), caller()),
        daemon.configs.setEnabled({ ...write, enabled: false }, caller()),
        daemon.configs.rollback({ ...write, version: 0 }, caller()),
        daemon.configs.delete({ ...write, force: true }, caller()),
      ]) {
        expect(await reasonOf(attempt)).to.equal('ETAG_MISMATCH');
      }
    });

    it('with If-None-Match: * only creates', async () => {
      await put(daemon, '1', { ifNoneMatch: '*' });
      expect(await reasonOf(put(daemon, '2', { ifNoneMatch: '*' }))).to.equal('ETAG_MISMATCH');
    });
  });

  describe('patch', () => {
    it('merges, and keeps what it does not name as it was written', async () => {
      await put(daemon, '{"big":9007199254740993,"a":{"b":1,"c":2}}');
      const patched = await daemon.configs.patch(
        requests.patch('{"a":{"b":null},"d":1.0}'),
        caller(),
      );
      expect(patched.document).to.equal('{"big":9007199254740993,"a":{"c":2},"d":1.0}');
      expect(patched.version).to.equal(1);
    });

    it('applies a JSON patch as a whole or not at all', async () => {
      await put(daemon, '{"a":[1,2]}');
      const type = 'JSON_PATCH';
      const good = '[{"op":"add","path":"/a/-","value":3},{"op":"remove","path":"/a/0"}]';
      expect(
        (await daemon.configs.patch(requests.patch(good, { type }), caller())).document,
      ).to.equal('{"a":[2,3]}');
      const bad = '[{"op":"remove","path":"/a/0"},{"op":"test","path":"/a/0","value":9}]';
      expect(
        await reasonOf(daemon.configs.patch(requests.patch(bad, { type }), caller())),
      ).to.equal('PATCH_TEST_FAILED');
      expect(await textOf(daemon)).to.equal('{"a":[2,3]}');
    });

    it('needs a document', async () => {
      expect(await reasonOf(daemon.configs.patch(requests.patch('{}'), caller()))).to.equal(
        'CONFIG_NOT_FOUND',
      );
    });

    it('loses no member that many patch at once', async () => {
      await put(daemon, '{}');
      await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          daemon.configs.patch(requests.patch(`{"m${i}":${i}}`), caller()),
        ),
      );
      expect(Object.keys(JSON.parse(await textOf(daemon)) as object)).to.have.length(10);
    });
  });

  describe('delete', () => {
    it('refuses an enabled document, unless it is forced', async () => {
      await put(daemon, '1');
      expect(await reasonOf(daemon.configs.delete(requests.delete(), caller()))).to.equal(
        'CONFIG_ENABLED',
      );
      await daemon.configs.setEnabled({ ...requests.write, enabled: false }, caller());
      await daemon.configs.delete(requests.delete(), caller());
      expect(await reasonOf(textOf(daemon))).to.equal('CONFIG_NOT_FOUND');
      await put(daemon, '1');
      await daemon.configs.delete(requests.delete({ force: true }), caller());
    });

    it('leaves nothing but the last id given', async () => {
      await put(daemon, '{}', { schema: '{"type":"object"}' });
      await put(daemon, '{"a":1}');
      await daemon.configs.delete(requests.delete({ force: true }), caller());
      expect(await keysBelow(store, '/shared-lock.v1/config/')).to.deep.equal([
        '/shared-lock.v1/config/ns/sequence',
      ]);
    });

    it('says that there is none', async () => {
      expect(await reasonOf(daemon.configs.delete(requests.delete(), caller()))).to.equal(
        'CONFIG_NOT_FOUND',
      );
    });
  });

  describe('rollback', () => {
    it('makes an old version the next one', async () => {
      await put(daemon, '{"v": 0}');
      await put(daemon, '{"v":1}');
      const rolled = await daemon.configs.rollback({ ...requests.write, version: 0 }, caller());
      expect(rolled).to.include({ version: 2, document: '{"v": 0}' });
    });

    it('says that a version is not there', async () => {
      await put(daemon, '1');
      const fault = reasonOf(daemon.configs.rollback({ ...requests.write, version: 7 }, caller()));
      expect(await fault).to.equal('VERSION_NOT_FOUND');
    });
  });

  describe('a request id', () => {
    it('gives the first outcome again, at any daemon, and writes once', async () => {
      const other = startDaemon(store, clock);
      const first = await put(daemon, '1', { requestId: 'r' });
      await put(daemon, '2');
      expect(await put(other, '1', { requestId: 'r' })).to.deep.equal(first);
      expect(await textOf(daemon)).to.equal('2');
      expect(await reasonOf(put(daemon, '9', { requestId: 'r' }))).to.equal('REQUEST_ID_REUSED');
    });

    it('is one for many who send it at once', async () => {
      await put(daemon, '0');
      const all = await Promise.all(
        Array.from({ length: 5 }, () => put(daemon, '1', { requestId: 'r' })),
      );
      expect(new Set(all.map(({ version }) => version))).to.deep.equal(new Set([1]));
    });

    it('is not answered with the text of another document of that name', async () => {
      await put(daemon, '1', { requestId: 'r' });
      await daemon.configs.delete(requests.delete({ force: true, requestId: 'd' }), caller());
      await put(daemon, '"another"');
      expect(await reasonOf(put(daemon, '1', { requestId: 'r' }))).to.equal('OUTCOME_GONE');
      await daemon.configs.delete(requests.delete({ force: true, requestId: 'd' }), caller());
      expect(await textOf(daemon)).to.equal('"another"');
    });
  });

  describe('a fence', () => {
    it('lets the holder write, and refuses it afterwards, also if the lock was lost in between', async () => {
      const grant = grantOf(await daemon.locks.acquire(acquireRequest('l'), caller()));
      const fence = { lock: 'l', token: grant.fencingToken };
      await put(daemon, '1', { fence });
      const faulty = new FaultyStore(store);
      const other = startDaemon(faulty.store, clock);
      faulty.beforeWrite(async () => {
        await store.revoke(grant.leaseId);
        await daemon.locks.acquire(acquireRequest('l'), caller());
      });
      expect(await reasonOf(put(other, '2', { fence }))).to.equal('STALE_TOKEN');
      expect(await textOf(daemon)).to.equal('1');
    });
  });

  describe('list', () => {
    it('goes through the names in pages, with the number of all documents', async () => {
      for (const name of ['a', 'a/b', 'ab', 'b']) await put(daemon, '1', { name });
      const list = (prefix: string, pageToken = '') =>
        daemon.configs.list({ namespace: 'ns', prefix, pageSize: 2, pageToken });
      const first = await list('');
      const second = await list('', first.nextPageToken);
      expect([...first.configs, ...second.configs].map(({ name }) => name)).to.deep.equal([
        'a',
        'a/b',
        'ab',
        'b',
      ]);
      expect([first.total, second.nextPageToken]).to.deep.equal([4, '']);
      expect((await list('a/')).configs.map(({ name }) => name)).to.deep.equal(['a/b']);
    });

    it('goes through the versions in pages, newest first', async () => {
      for (let i = 0; i < 5; i++) await put(daemon, `${i}`);
      const page = (pageToken: string) =>
        daemon.configs.listVersions({ ...requests.at, pageSize: 2, pageToken });
      const found: number[] = [];
      for (let token = ''; ;) {
        const { versions, nextPageToken } = await page(token);
        found.push(...versions.map(({ version }) => version));
        token = nextPageToken;
        if (token === '') break;
      }
      expect(found).to.deep.equal([4, 3, 2, 1, 0]);
    });
  });
});
