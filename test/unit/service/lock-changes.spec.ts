import { expect } from 'chai';
import { keyLayout } from '../../../src/core/keys.js';
import type { SubjectEnd } from '../../../src/service/follow.js';
import { LockChanges } from '../../../src/service/lock/watch/lock-changes.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import type { Revision, Watch } from '../../../src/store/store.js';
import { put } from '../../contract/subject.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { memoryStore } from '../../support/services.js';

const { lock: KEYS } = keyLayout();

describe('LockChanges', () => {
  let store: MemoryStore;
  let faulty: FaultyStore;
  let changes: LockChanges;
  let open: Watch[];

  beforeEach(() => {
    ({ store } = memoryStore());
    faulty = new FaultyStore(store);
    changes = new LockChanges(faulty.store, KEYS);
    open = [];
  });

  afterEach(() => store.close());

  const write = async (...keys: readonly string[]): Promise<Revision> => {
    const then = keys.map((key) => put(key));
    return (await store.transact({ resource: '', compare: [], then, else: [] })).revision;
  };

  const watch = (name: string, from: Revision) => {
    const lines: string[] = [];
    const ends: SubjectEnd[] = [];
    const handle = changes.watch(name, from, {
      events: (revision, events) => {
        const keys = events.map((event) => (event.kind === 'put' ? event.entry.key : event.key));
        lines.push(`${revision} ${keys.map((key) => changes.partOf(key)).join(' ')}`);
      },
      ended: (end) => ends.push(end),
    });
    open.push(handle);
    return { lines, ends, handle };
  };

  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('tells all that a lock is made of in order of revision, and one revision in one piece', async () => {
    const { lines } = watch('a', 2);
    await settled();
    const first = await write(`${KEYS.queue('a')}1`);
    await write(KEYS.held('a'), `${KEYS.queue('a')}2`);
    await write(`${KEYS.shared('a')}1`);
    await write(`${KEYS.permit('a')}1`);
    await settled();
    expect(lines).to.deep.equal([
      `${first} queue`,
      `${first + 1} EXCLUSIVE queue`,
      `${first + 2} SHARED`,
      `${first + 3} SEMAPHORE`,
    ]);
  });

  it('tells nothing of other locks, whatever their names', async () => {
    const { lines } = watch('a', 2);
    for (const name of ['ab', 'a/', 'a/b', 'A', 'a%2F', 'queue/a', '']) {
      await write(KEYS.held(name), `${KEYS.queue(name)}1`, `${KEYS.shared(name)}1`);
    }
    await settled();
    expect(lines).to.deep.equal([]);
  });

  it('shares one watch of the store among all who begin where it is, or a little before', async () => {
    const names = ['a', 'b', 'c'];
    const early = names.map((name) => watch(name, 2));
    await settled();
    for (const name of names) await write(KEYS.held(name));
    await settled();
    const late = names.map((name) => watch(name, 2));
    await settled();
    expect(faulty.openWatches).to.equal(1);
    await write(...names.map((name) => KEYS.held(name)));
    await settled();
    for (const [index] of names.entries()) {
      expect(early[index]?.lines).to.have.length(2);
      expect(late[index]?.lines).to.deep.equal(early[index]?.lines);
    }
    for (const handle of open) handle.close();
    expect(faulty.openWatches).to.equal(0);
  });

  it('gives one who begins further back a watch of its own, until that has caught up', async () => {
    const start = await write(KEYS.held('a'));
    const others = watch('b', start + 1);
    await settled();
    faulty.holdWatches();
    const past = watch('a', start);
    await settled();
    expect(faulty.openWatches).to.equal(2);
    faulty.releaseWatches();
    await write(KEYS.held('b'));
    await write(KEYS.held('a'));
    await settled();
    expect(faulty.openWatches).to.equal(1);
    expect(past.lines).to.deep.equal([`${start} EXCLUSIVE`, `${start + 2} EXCLUSIVE`]);
    expect(others.lines).to.deep.equal([`${start + 1} EXCLUSIVE`]);
    past.handle.close();
    await write(KEYS.held('a'), KEYS.held('b'));
    await settled();
    expect(past.lines).to.have.length(2);
    expect(others.lines).to.have.length(2);
  });

  it('lets so many catch up at a time, and says to the others that they are too far behind', async () => {
    for (let i = 0; i < 9; i++) await write(KEYS.held('x'));
    const watchers = [9, 8, 7, 6, 5, 4, 3].map((from) => {
      const watcher = watch('a', from);
      return watcher;
    });
    faulty.holdWatches();
    await settled();
    expect(faulty.openWatches).to.equal(5);
    const ended = watchers.map(({ ends }) => ends.length);
    expect(ended).to.deep.equal([0, 0, 0, 0, 0, 1, 1]);
    expect(watchers.at(-1)?.ends).to.deep.equal([{ reason: 'behind' }]);
    faulty.releaseWatches();
    await write(KEYS.held('a'));
    await settled();
    expect(faulty.openWatches).to.equal(1);
    for (const { lines } of watchers.slice(0, 5)) expect(lines).to.have.length(1);
  });

  it('ends all of a watch that the store has ended', async () => {
    const watchers = [watch('a', 2), watch('b', 2)];
    await settled();
    faulty.endWatches({ reason: 'compacted', compactRevision: 7 });
    for (const { ends } of watchers) {
      expect(ends).to.deep.equal([{ reason: 'compacted', compactRevision: 7 }]);
    }
    const again = watch('a', 2);
    await write(KEYS.held('a'));
    await settled();
    expect(again.lines).to.have.length(1);
  });

  it('goes on for those of a compacted watch who want only what is left', async () => {
    for (let i = 0; i < 9; i++) await write(KEYS.held('x'));
    faulty.holdWatches();
    const past = watch('a', 3);
    await settled();
    const others = [watch('c', 9), watch('b', 8), watch('d', 7)];
    await settled();
    expect(faulty.openWatches).to.equal(1);
    faulty.endWatches({ reason: 'compacted', compactRevision: 7 });
    faulty.releaseWatches();
    expect(past.ends).to.deep.equal([{ reason: 'compacted', compactRevision: 7 }]);
    expect(faulty.openWatches).to.equal(1);
    await write(...['a', 'b', 'c', 'd'].map((name) => KEYS.held(name)));
    await settled();
    expect(others.map(({ lines }) => lines.length)).to.deep.equal([1, 1, 0]);
    expect(others.map(({ ends }) => ends.length)).to.deep.equal([0, 0, 1]);
  });

  it('may be left by a listener that is being told', async () => {
    const told: Revision[] = [];
    const handle = changes.watch('a', 2, {
      events: (revision) => {
        told.push(revision);
        handle.close();
      },
      ended: () => undefined,
    });
    await settled();
    await write(KEYS.held('a'));
    await write(KEYS.held('a'));
    await settled();
    expect(told).to.have.length(1);
    expect(faulty.openWatches).to.equal(0);
  });
});
