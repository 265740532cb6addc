import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { Limits } from '../../../src/core/limits.js';
import { exactly } from '../../../src/store/store.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { faultOf, keysBelow, memoryStore, startDaemon } from '../../support/services.js';
import type { TestDaemon } from '../../support/services.js';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const MESSAGES = '/shared-lock.v1/message/';
const HOUR_MS = 3_600_000;

describe('the space that messages take', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let daemons: TestDaemon[];

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    daemons = [];
  });
  afterEach(async () => {
    for (const daemon of daemons) await daemon.stop();
    await store.close();
  });

  const start = (limits: Partial<Limits>): TestDaemon => {
    const daemon = startDaemon(store, clock, limits);
    daemons.push(daemon);
    return daemon;
  };
  const put = (daemon: TestDaemon, message: string, requestId = ''): Promise<string> =>
    daemon.messages.put({ message, requestId });
  const remove = (daemon: TestDaemon, text: string, requestId = ''): Promise<boolean> =>
    daemon.messages.delete({ digest: sha256(text), requestId });
  const stored = async (): Promise<number> => (await keysBelow(store, MESSAGES)).length;
  /** As a daemon of an earlier version does. */
  const putUncounted = async (message: string): Promise<void> => {
    const key = MESSAGES + sha256(message);
    const then = [{ kind: 'put', key, value: message }] as const;
    await store.transact({ resource: key, compare: [], then, else: [] });
  };
  const usage = async (): Promise<{ count: number; bytes: number }> => {
    const sum = { count: 0, bytes: 0 };
    for (const key of await keysBelow(store, '/shared-lock.v1/message-usage/')) {
      const { entries } = await store.read({ range: exactly(key) });
      const record = JSON.parse(entries[0]?.value ?? '') as typeof sum;
      sum.count += record.count;
      sum.bytes += record.bytes;
    }
    return sum;
  };

  it('has a limit by count, and says which setting raises it', async () => {
    const daemon = start({ messages: 40 });
    for (let n = 0; n < 40; n++) await put(daemon, `text ${n}`);
    const fault = await faultOf(put(daemon, 'one more'));
    expect(fault).to.have.property('code', 'RESOURCE_EXHAUSTED');
    expect(fault).to.have.nested.property('details.reason', 'MESSAGES_FULL');
    expect(fault).to.have.property('message').that.includes('SHARED_LOCK_LIMIT_MESSAGES');
    expect(await stored()).to.equal(40);
  });

  it('has a limit by the bytes of the texts', async () => {
    const daemon = start({ messagesBytes: 1000 });
    await put(daemon, 'é'.repeat(300));
    expect(await faultOf(put(daemon, 'x'.repeat(401)))).to.have.property(
      'code',
      'RESOURCE_EXHAUSTED',
    );
    await put(daemon, 'x'.repeat(400));
    expect(await usage()).to.deep.equal({ count: 2, bytes: 1000 });
  });

  it('takes a text that is there already, however full it is', async () => {
    const daemon = start({ messages: 1 });
    await put(daemon, 'it');
    expect(await put(daemon, 'it', 'r1')).to.equal(sha256('it'));
    expect(await put(daemon, 'it', 'r1')).to.equal(sha256('it'));
  });

  it('is free again after a deletion', async () => {
    const daemon = start({ messages: 2 });
    await put(daemon, 'a');
    await put(daemon, 'b');
    expect(await remove(daemon, 'a')).to.equal(true);
    await put(daemon, 'c');
    expect(await faultOf(daemon.messages.get(sha256('a')))).to.have.property('code', 'NOT_FOUND');
    expect(await usage()).to.deep.equal({ count: 2, bytes: 2 });
  });

  it('deletes once, and answers the same request as the first', async () => {
    const daemon = start({});
    await put(daemon, 'it');
    expect(await remove(daemon, 'it', 'r1')).to.equal(true);
    expect(await remove(daemon, 'it', 'r1')).to.equal(true);
    expect(await remove(daemon, 'it')).to.equal(false);
    expect(await remove(daemon, 'it', 'r2')).to.equal(false);
    await put(daemon, 'it');
    expect(await remove(daemon, 'it', 'r2'), 'there was none then').to.equal(false);
    expect(await usage()).to.deep.equal({ count: 1, bytes: 2 });
    for (const digest of ['', 'x', sha256('it').toUpperCase()]) {
      const request = { digest, requestId: '' };
      expect(await faultOf(daemon.messages.delete(request))).to.have.property(
        'code',
        'INVALID_ARGUMENT',
      );
    }
  });

  it('is counted right by daemons that write and delete at the same time', async () => {
    const both = [start({}), start({})];
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const daemon = both[n % 2] ?? start({});
        await put(daemon, `text ${n % 80}`);
        if (n % 3 === 0) await remove(daemon, `text ${n % 80}`);
      }),
    );
    expect((await usage()).count).to.equal(await stored());
  });

  it('is shared: a daemon hears of what another has put', async () => {
    const [one, other] = [start({ messages: 20 }), start({ messages: 20 })];
    await put(other, 'first');
    for (let n = 0; n < 19; n++) await put(one, `text ${n}`);
    await clock.advance(1000);
    expect(await faultOf(put(other, 'last'))).to.have.property('code', 'RESOURCE_EXHAUSTED');
  });

  it('is counted where an earlier version has stored messages: of each digit, at the first put', async () => {
    for (let n = 0; n < 50; n++) await putUncounted(`old ${n}`);
    const daemon = start({ messages: 1000 });
    for (let n = 0; n < 200; n++) await put(daemon, `new ${n}`);
    expect((await usage()).count).to.equal(250);
  });

  it('is counted by and by where nobody puts any', async () => {
    for (let n = 0; n < 50; n++) await putUncounted(`old ${n}`);
    start({});
    await clock.advance(17 * 10_000);
    expect((await usage()).count).to.equal(50);
  });

  it('goes on to be looked after when the store is full', async () => {
    const limited = new MemoryStore({ clock, dataLimit: { bytes: 60_000, hint: 'raise it' } });
    const daemon = startDaemon(limited, clock, { messageRetentionMs: HOUR_MS });
    let count = 0;
    const fill = async (): Promise<void> => {
      for (; ; count++) await put(daemon, `text ${count}`.padEnd(1000));
    };
    expect(await faultOf(fill())).to.have.nested.property('details.reason', 'STORE_FULL');
    await clock.advance(HOUR_MS * 1.3);
    expect(await keysBelow(limited, MESSAGES)).to.deep.equal([]);
    await put(daemon, 'there is room');
    await daemon.stop();
    await limited.close();
  });

  it('is counted anew where daemons of an earlier version go on writing', async () => {
    const daemon = start({});
    for (let n = 0; n < 30; n++) await put(daemon, `text ${n}`);
    for (let n = 0; n < 30; n++) await putUncounted(`other ${n}`);
    await clock.advance(17 * 10_000);
    expect((await usage()).count).to.equal(60);
    await put(daemon, 'and goes on');
    expect((await usage()).count).to.equal(61);
  });

  it('keeps messages for ever by default, and writes nothing to look after none', async () => {
    const daemon = start({});
    await clock.advance(60_000);
    expect(await keysBelow(store, '/shared-lock.v1/message')).to.deep.equal([]);
    await put(daemon, 'it');
    await clock.advance(5 * HOUR_MS);
    expect(await stored()).to.equal(1);
  });

  it('deletes what is older than the retention, never earlier, and what is younger not', async () => {
    const one = start({ messageRetentionMs: HOUR_MS });
    start({ messageRetentionMs: HOUR_MS });
    for (let n = 0; n < 300; n++) await put(one, `old ${n}`);
    await clock.advance(HOUR_MS - 1000);
    expect(await stored()).to.equal(300);
    await put(one, 'young');
    const kept = await one.messages.get(sha256('old 7'));
    expect(kept).to.equal('old 7');
    await clock.advance(HOUR_MS / 10 + 30_000);
    expect(await stored()).to.equal(1);
    expect(await one.messages.get(sha256('young'))).to.equal('young');
    expect(await usage()).to.deep.equal({ count: 1, bytes: 5 });
  });

  it('has one daemon look after it, and another one when that has stopped', async () => {
    const [one, other] = [start({}), start({})];
    await put(one, 'it');
    await clock.advance(30_000);
    const sweeper = async (): Promise<string | undefined> =>
      (await store.read({ range: exactly('/shared-lock.v1/message-sweeper') })).entries[0]?.lease;
    const first = await sweeper();
    expect(first).to.be.a('string');
    await clock.advance(60_000);
    expect(await sweeper()).to.equal(first);
    // Whoever began first has it.
    daemons.shift();
    await one.stop();
    await clock.advance(30_000);
    expect(await sweeper())
      .to.be.a('string')
      .that.is.not.equal(first);
    expect(await remove(other, 'it')).to.equal(true);
  });
});
