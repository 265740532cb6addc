import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { ConfigEvent, WatchConfigsRequest } from '../../../src/core/config-document.js';
import { keyLayout } from '../../../src/core/keys.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import {
  caller,
  faultOf,
  memoryStore,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';
import { configLines, Truth, type Told } from '../../support/watch-truth.js';
import { put, requests } from './config-requests.js';

describe('a watch of documents', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let daemon: TestDaemon;
  let ended: AbortController;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    daemon = startDaemon(store, clock);
    ended = new AbortController();
  });

  afterEach(async () => {
    ended.abort();
    await store.close();
  });

  const open = async (
    rest: Partial<WatchConfigsRequest> = {},
    at = daemon,
  ): Promise<AsyncIterator<ConfigEvent>> => {
    const request = { namespace: 'ns', name: '', prefix: '', fromRevision: 0, ...rest };
    const events = await at.configs.watch(request, caller(ended.signal));
    return events[Symbol.asyncIterator]();
  };

  const next = async (events: AsyncIterator<ConfigEvent>): Promise<string> => {
    const result = await events.next();
    if (result.done === true) return 'end';
    const event = result.value;
    if (event.kind === 'PUT') return `${event.config.name}=${event.config.document}`;
    return event.kind === 'DELETED' ? `no ${event.name}` : event.kind;
  };

  const take = async (events: AsyncIterator<ConfigEvent>, count: number): Promise<string[]> => {
    const told: string[] = [];
    while (told.length < count) told.push(await next(events));
    return told;
  };

  const revisionOf = async (events: AsyncIterator<ConfigEvent>): Promise<number> => {
    const result = await events.next();
    return result.done === true ? NaN : result.value.revision;
  };

  it('tells the documents of now, then every change once', async () => {
    await put(daemon, '1', { name: 'a' });
    await put(daemon, '2', { name: 'b' });
    const events = await open();
    expect(await take(events, 3)).to.deep.equal(['a=1', 'b=2', 'SYNCED']);
    await put(daemon, '3', { name: 'a' });
    await daemon.configs.setEnabled({ ...requests.write, name: 'b', enabled: false }, caller());
    await daemon.configs.delete(requests.delete({ name: 'b' }), caller());
    await put(daemon, '4', { name: 'b' });
    expect(await take(events, 4)).to.deep.equal(['a=3', 'b=', 'no b', 'b=4']);
  });

  it('tells the text with a change of the mark', async () => {
    await put(daemon, '2', { name: 'b' });
    const events = await open();
    await take(events, 2);
    await daemon.configs.setEnabled({ ...requests.write, name: 'b', enabled: false }, caller());
    expect(await next(events)).to.equal('b=2');
  });

  it('goes through more documents than one read finds', async () => {
    for (let i = 10; i < 30; i++) await put(daemon, `${i}`, { name: `d${i}` });
    const told = await take(await open(), 21);
    expect(new Set(told).size).to.equal(21);
    expect(told.at(-1)).to.equal('SYNCED');
  });

  it('tells a change that comes while the documents are told once', async () => {
    for (let i = 10; i < 30; i++) await put(daemon, '0', { name: `d${i}` });
    const events = await open();
    const first = await next(events);
    await put(daemon, '1', { name: 'd29' });
    await put(daemon, '1', { name: 'd10' });
    const told = [first, ...(await take(events, 21))];
    expect(told.filter((event) => event === 'd29=1')).to.have.length(1);
    expect(told.slice(-2)).to.deep.equal(['SYNCED', 'd10=1']);
  });

  it('tells the documents as they were at the revision of SYNCED, whatever happens to them meanwhile', async () => {
    const truth = new Truth(store);
    const lines = configLines('ns');
    const told: Told[] = [];
    const see = async (stream: AsyncIterator<ConfigEvent>, isFirst = false): Promise<void> => {
      const { value } = (await stream.next()) as { readonly value: ConfigEvent };
      const message = lines.told(value, isFirst);
      if (message !== undefined) told.push(message);
    };
    const lastIsTold = (): boolean => {
      const message = told.at(-1);
      return message?.kind === 'change' && message.line === 'PUT last 0';
    };
    for (let i = 10; i < 40; i++) await put(daemon, '0', { name: `d${i}` });
    const events = await open();
    for (let i = 0; i < 4; i++) {
      await see(events, i === 0);
      for (const name of [`d1${i}`, `d3${i}`, `new${i}`]) await put(daemon, `${i}`, { name });
      await daemon.configs.delete(requests.delete({ name: `d2${i}`, force: true }), caller());
    }
    while (told.length === 0) await see(events);
    await put(daemon, '0', { name: 'last' });
    while (!lastIsTold()) await see(events);
    expect(truth.wrongIn(lines, told)).to.equal(undefined);
    const [synced, ...changes] = told.splice(0);
    const resumed = await open({ fromRevision: synced?.revision ?? 0 });
    while (!lastIsTold()) await see(resumed);
    expect(told).to.deep.equal(changes);
    truth.close();
  });

  it('tells only names that begin with the prefix, or the one name', async () => {
    for (const name of ['a', 'a/x', 'ab']) await put(daemon, '1', { name });
    expect(await take(await open({ prefix: 'a' }), 4)).to.have.members([
      'a=1',
      'a/x=1',
      'ab=1',
      'SYNCED',
    ]);
    const below = await open({ prefix: 'a/' });
    const one = await open({ name: 'a' });
    expect(await take(below, 2)).to.deep.equal(['a/x=1', 'SYNCED']);
    expect(await take(one, 2)).to.deep.equal(['a=1', 'SYNCED']);
    for (const name of ['ab', 'a/x', 'a']) await put(daemon, '2', { name });
    expect(await next(below)).to.equal('a/x=2');
    expect(await next(one)).to.equal('a=2');
  });

  it('resumes after a revision, without the documents', async () => {
    const { revision } = await put(daemon, '1');
    await put(daemon, '2');
    const events = await open({ fromRevision: revision });
    await put(daemon, '3');
    expect(await take(events, 2)).to.deep.equal(['app=2', 'app=3']);
  });

  it('tells a change again, not never, to one who resumes amid those of one revision', async () => {
    const { revision } = await put(daemon, '0');
    const keys = keyLayout().configs('ns');
    const copies = ['b', 'c'].map((name) => [
      { key: keys.head(name), value: '{"version":0}' },
      { key: keys.version(name, 0), value: '1' },
    ]);
    // etcd gives several documents that are written at the same time one revision.
    const then = copies.flat().map((entry) => ({ kind: 'put' as const, ...entry }));
    await store.transact({ resource: '', compare: [], then, else: [] });
    const events = await open({ fromRevision: revision });
    const first = await revisionOf(events);
    expect(await take(await open({ fromRevision: first }), 2)).to.deep.equal(['b=1', 'c=1']);
    expect(await revisionOf(events)).to.equal(revision + 1);
  });

  it('refuses a revision of the future, and -1', async () => {
    for (const fromRevision of [99, -1]) {
      expect(await faultOf(open({ fromRevision }))).to.have.property('code', 'INVALID_ARGUMENT');
    }
  });

  it('says up to where it is compacted if it is asked for older events', async () => {
    const small = new MemoryStore({ clock, historyEvents: 4 });
    const other = startDaemon(small, clock);
    for (let i = 0; i < 9; i++) await put(other, `${i}`);
    const events = await open({ fromRevision: 1 }, other);
    const fault = await faultOf(events.next());
    expect(fault).to.have.nested.property('details.metadata.compactRevision');
    await small.close();
  });

  it('ends a watcher that reads too slowly, and says where to resume', async () => {
    const slow = startDaemon(store, clock, { watchBacklog: 3 });
    const events = await open({}, slow);
    expect(await next(events)).to.equal('SYNCED');
    for (let i = 0; i < 9; i++) await put(slow, `${i}`);
    expect(await take(events, 3)).to.deep.equal(['app=0', 'app=1', 'app=2']);
    const fault = (await faultOf(events.next())) as {
      details: { metadata: { resumeRevision: string } };
    };
    const fromRevision = Number(fault.details.metadata.resumeRevision);
    const again = await open({ fromRevision });
    expect(await next(again)).to.equal('app=3');
  });

  it('ends one for which too much text waits', async () => {
    const events = await open();
    expect(await next(events)).to.equal('SYNCED');
    const text = JSON.stringify('x'.repeat(1_000_000));
    for (let i = 0; i < 12; i++) await put(daemon, text);
    const told = await take(events, 8);
    expect(new Set(told).size).to.equal(1);
    expect(await faultOf(events.next())).to.have.nested.property('details.reason', 'SLOW_WATCHER');
  });

  it('ends when the caller goes away, in whatever it is doing, and gives its place back', async () => {
    const one = startDaemon(store, clock, { watches: 1 });
    await put(daemon, '1');
    const events = await open({}, one);
    expect(await faultOf(open({}, one))).to.have.nested.property('details.reason', 'WATCH_LIMIT');
    expect(await next(events)).to.equal('app=1');
    ended.abort();
    while ((await next(events)) !== 'end');
    ended = new AbortController();
    await open({}, one);
  });
});
