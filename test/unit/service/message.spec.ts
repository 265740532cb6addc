import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { faultOf, keysBelow, memoryStore, startDaemon } from '../../support/services.js';
import type { TestDaemon } from '../../support/services.js';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

describe('MessageService', () => {
  let store: MemoryStore;
  let daemon: TestDaemon;

  beforeEach(() => {
    const { store: made, clock } = memoryStore();
    store = made;
    daemon = startDaemon(store, clock, { messageBytes: 100 });
  });

  afterEach(() => store.close());

  const put = (message: string, requestId = ''): Promise<string> =>
    daemon.messages.put({ message, requestId });
  const get = (digest: string): Promise<string> => daemon.messages.get(digest);
  const keyOf = (message: string): string => `/shared-lock.v1/message/${sha256(message)}`;

  for (const text of ['foo', '', '🦉', 'e\u0301', '\u00e9', 'a\u0000b\nc', '__proto__', '"\\']) {
    it(`gives ${JSON.stringify(text)} back for the SHA-256 of its UTF-8`, async () => {
      const digest = await put(text);
      expect(digest).to.equal(sha256(text));
      expect(await get(digest)).to.equal(text);
    });
  }

  it('writes a text once', async () => {
    await put('foo');
    const before = await store.read({ range: { from: keyOf('foo') } });
    await Promise.all([put('foo'), put('foo')]);
    const after = await store.read({ range: { from: keyOf('foo') } });
    expect(after.entries).to.deep.equal(before.entries);
    expect(await keysBelow(store, '/shared-lock.v1/message/')).to.have.length(1);
  });

  it('takes a text of exactly the limit, and refuses a longer one', async () => {
    expect(await put('é'.repeat(50))).to.equal(sha256('é'.repeat(50)));
    expect(await faultOf(put('é'.repeat(50) + 'a'))).to.have.nested.property(
      'details.field',
      'message',
    );
  });

  it('refuses a lone surrogate, which has no UTF-8', async () => {
    expect(await faultOf(put('a\ud800'))).to.have.property('code', 'INVALID_ARGUMENT');
  });

  it('has nothing for a digest that was not stored', async () => {
    expect(await faultOf(get(sha256('bar')))).to.have.property('code', 'NOT_FOUND');
  });

  for (const digest of ['', 'abc', sha256('foo').toUpperCase(), `${sha256('foo')}0`, '../x']) {
    it(`refuses ${JSON.stringify(digest)} as a digest`, async () => {
      await put('foo');
      expect(await faultOf(get(digest))).to.have.nested.property('details.field', 'digest');
    });
  }

  it('never gives out, nor confirms, another text than the one that was stored', async () => {
    const digest = await put('foo');
    const key = keyOf('foo');
    await store.transact({
      resource: key,
      compare: [],
      then: [{ kind: 'put', key, value: 'fop' }],
      else: [],
    });
    expect(await faultOf(get(digest))).to.have.property('code', 'DATA_LOSS');
    expect(await faultOf(put('foo'))).to.have.property('code', 'DATA_LOSS');
  });

  for (const isStored of [false, true]) {
    it(`remembers a request id of a text that is ${isStored ? '' : 'not '}there`, async () => {
      if (isStored) await put('foo');
      expect(await put('foo', 'r')).to.equal(sha256('foo'));
      expect(await put('foo', 'r')).to.equal(sha256('foo'));
      expect(await faultOf(put('bar', 'r'))).to.have.property('code', 'ALREADY_EXISTS');
      expect(await faultOf(get(sha256('bar')))).to.have.property('code', 'NOT_FOUND');
    });
  }
});
