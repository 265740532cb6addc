import { copyFile, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Fault } from '../../../src/core/errors.js';
import { RowDatabase } from '../../../src/store/embedded/database.js';
import { decodeHead, encodeHead, FORMAT } from '../../../src/store/embedded/record.js';
import { exactly, type ReadResult, type Revision, type Store } from '../../../src/store/store.js';
import { Recorder } from '../../contract/recorder.js';
import { newLeaseId, put, rejection } from '../../contract/subject.js';
import { EmbeddedFolder, write } from './embedded-folder.js';

const ALL = { from: ' ', to: '\u{10ffff}' };

describe('EmbeddedStore', function () {
  this.timeout(20_000);
  let folder: EmbeddedFolder;
  beforeEach(async () => {
    folder = await EmbeddedFolder.make();
  });
  afterEach(() => folder.dispose());

  const everything = (store: Store): Promise<ReadResult & { revision: Revision }> =>
    store.read({ range: ALL });
  const refusal = async (): Promise<Fault> => {
    const error = await rejection(folder.open());
    if (!(error instanceof Fault)) throw error;
    return error;
  };

  it('makes the folder and its files for its user alone', async () => {
    await folder.open();
    expect((await stat(folder.path)).mode & 0o777).to.equal(0o700);
    const names = await readdir(folder.path);
    expect(names).to.include.members(['data.mdb', 'owner.sock', 'revision.high']);
    for (const name of names) {
      expect((await stat(folder.file(name))).mode & 0o077, name).to.equal(0);
    }
  });

  it('works in a folder whose path is too long for a socket', async () => {
    const deep = join(folder.path, 'x'.repeat(120), 'y'.repeat(120));
    const store = await folder.open(undefined, deep);
    await write(store, 'k');
    const second = await rejection(folder.open(undefined, deep));
    expect(second).to.be.instanceOf(Fault);
    expect(await readdir(deep)).to.include('owner.sock');
  });

  context('when it is opened again', () => {
    it('has every key as it was', async () => {
      const store = await folder.open();
      const lease = newLeaseId();
      await store.grant(lease, 60);
      await store.transact({
        resource: 'r',
        compare: [],
        then: [put('a', 'ä🔒\u0000', lease), put('b'.repeat(5000), 'x'), put('gone')],
        else: [],
      });
      await write(store, 'a2', 'x'.repeat(1_000_000));
      await write(store, 'a2', 'y');
      await store.transact({
        resource: 'r',
        compare: [],
        then: [{ kind: 'delete', range: exactly('gone') }],
        else: [],
      });
      const before = await everything(store);
      await store.close();
      const again = await folder.open();
      expect(await everything(again)).to.deep.equal(before);
      expect(before.count).to.equal(3);
    });

    it('goes on at the next revision', async () => {
      const store = await folder.open();
      const last = await write(store, 'k');
      await store.close();
      const again = await folder.open();
      expect(await write(again, 'k')).to.equal(last + 1);
    });

    it('has not forgotten a revision that an expiry took', async () => {
      const clock = new VirtualClock();
      const store = await folder.open(clock);
      const lease = newLeaseId();
      await store.grant(lease, 1);
      await store.transact({ resource: 'r', compare: [], then: [put('k', '', lease)], else: [] });
      await clock.advance(1000);
      const { revision, count } = await everything(store);
      await store.close();
      const again = await folder.open();
      expect(count).to.equal(0);
      expect((await everything(again)).revision).to.equal(revision);
      expect(revision).to.equal(3);
    });

    it('gives each lease its full TTL', async () => {
      const clock = new VirtualClock();
      const store = await folder.open(clock);
      const lease = newLeaseId();
      await store.grant(lease, 10);
      await store.transact({ resource: 'r', compare: [], then: [put('k', '', lease)], else: [] });
      await clock.advance(9000);
      await store.close();
      const again = await folder.open(clock);
      expect(await again.inspectLease(lease, { keys: true })).to.deep.equal({
        ttlSeconds: 10,
        remainingSeconds: 10,
        keys: ['k'],
      });
      await clock.advance(9999);
      expect((await everything(again)).count).to.equal(1);
      await clock.advance(1);
      expect((await everything(again)).count).to.equal(0);
    });

    it('does not know leases that had ended', async () => {
      const store = await folder.open();
      const lease = newLeaseId();
      await store.grant(lease, 10);
      await store.revoke(lease);
      await store.close();
      const again = await folder.open();
      expect(await again.renew(lease)).to.equal(undefined);
    });

    it('has lost its events, and says so to a watch that wants them', async () => {
      const store = await folder.open();
      const revision = await write(store, 'k');
      await store.close();
      const again = await folder.open();
      const recorder = new Recorder();
      again.watch(exactly('k'), revision, recorder);
      await recorder.until(() => recorder.ends.length >= 1);
      expect(recorder.ends).to.deep.equal([{ reason: 'compacted', compactRevision: revision }]);
      const next = new Recorder();
      again.watch(exactly('k'), revision + 1, next);
      await write(again, 'k', 'new');
      await next.until(() => next.all.length >= 1);
      expect(next.lines).to.deep.equal(['put k=new']);
    });
  });

  it('takes over what version 0.1 has left: a mark of one line, and a head without a sum', async () => {
    const store = await folder.open();
    const last = await write(store, 'k', 'old');
    await store.close();
    const [line = ''] = (await readFile(folder.file('revision.high'), 'utf8')).split('\n');
    const { number: _, ...mark } = JSON.parse(line.slice(9)) as Record<string, unknown>;
    const json = JSON.stringify(mark);
    const sum = crc32(json).toString(16).padStart(8, '0');
    await writeFile(folder.file('revision.high'), `${sum} ${json}\n`);
    const database = new RowDatabase(folder.path);
    const place = { kind: 'head', row: 0 } as const;
    const { sum: __, ...head } = decodeHead(place, database.get('head', 0) ?? Buffer.alloc(0));
    await database.commit([{ table: 'head', row: 0, record: encodeHead(place, head) }]);
    await database.close();
    const again = await folder.open();
    expect((await everything(again)).entries[0]).to.include({ key: 'k', value: 'old' });
    expect(await write(again, 'k')).to.equal(last + 1);
    expect((await stat(folder.file('revision.high'))).size).to.equal(8192);
  });

  it('refuses data of which a record is an older one', async () => {
    const store = await folder.open();
    await write(store, 'k', 'old');
    await write(store, 'other', 'old');
    const before = new Map<number, Buffer>();
    await store.close();
    const database = new RowDatabase(folder.path);
    for (const { key, value } of database.rows('entry')) before.set(key, Buffer.from(value));
    await database.close();
    const later = await folder.open();
    await write(later, 'k', 'new');
    await later.close();
    // As after a write to one page that the disk has lost.
    const lost = new RowDatabase(folder.path);
    await lost.commit([...before].map(([row, record]) => ({ table: 'entry', row, record })));
    await lost.close();
    const fault = await refusal();
    expect(fault.code).to.equal('DATA_LOSS');
    expect(fault.message).to.contain('not the latest');
  });

  context('when another has the folder', () => {
    it('is refused, and says which folder', async () => {
      await folder.open();
      const fault = await refusal();
      expect(fault.code).to.equal('FAILED_PRECONDITION');
      expect(fault.message).to.contain(folder.path);
    });

    it('can have it after that has closed', async () => {
      const first = await folder.open();
      await refusal();
      await first.close();
      await folder.open();
    });
  });

  context('when a record was changed on disk', () => {
    it('refuses to start, and names the record and the folder', async () => {
      const store = await folder.open();
      await write(store, 'k', 'PRECIOUS-VALUE');
      await store.close();
      expect(await folder.replace('data.mdb', 'PRECIOUS-VALUE', 'PRECIOUS-valUE')).to.be.above(0);
      const fault = await refusal();
      expect(fault.code).to.equal('DATA_LOSS');
      expect(fault.message).to.match(/"entry 1"/);
      expect(fault.message).to.contain(folder.path);
    });

    it('names no lease id, even if it is a lease', async () => {
      const store = await folder.open();
      const lease = newLeaseId();
      await store.grant(lease, 10);
      await store.close();
      await folder.replace('data.mdb', lease, `${lease.slice(0, -1)}x`);
      const fault = await refusal();
      expect(fault.message).to.match(/"lease 1"/);
      expect(fault.message).not.to.contain(lease.slice(0, -1));
    });

    it('refuses to start if its head was', async () => {
      await (await folder.open()).close();
      await folder.replace('data.mdb', '"format":1', '"format":7');
      expect((await refusal()).message).to.match(/"head 0"/);
    });

    it('refuses to start if the mark of revisions was', async () => {
      await (await folder.open()).close();
      await folder.replace('revision.high', '"atLeast":1', '"atLeast":0');
      expect((await refusal()).message).to.contain('revision.high is corrupt');
    });

    it('refuses to start if the end of the file is missing', async () => {
      const store = await folder.open();
      await write(store, 'k', 'x'.repeat(100_000));
      await store.close();
      await truncate(folder.file('data.mdb'), 40_960);
      expect((await refusal()).code).to.equal('DATA_LOSS');
    });

    it('refuses to start if the second meta page was', async () => {
      await (await folder.open()).close();
      const magic = Buffer.from('dec0efbe', 'hex').toString('latin1');
      const content = await readFile(folder.file('data.mdb'), 'latin1');
      const at = content.lastIndexOf(magic);
      expect(at).to.be.above(4096);
      await writeFile(
        folder.file('data.mdb'),
        `${content.slice(0, at)}x${content.slice(at + 1)}`,
        'latin1',
      );
      expect((await refusal()).code).to.equal('DATA_LOSS');
    });

    it('refuses to start if it is no database at all', async () => {
      await (await folder.open()).close();
      await writeFile(folder.file('data.mdb'), 'not a database'.repeat(2000));
      const fault = await refusal();
      expect(fault.code).to.equal('DATA_LOSS');
      expect(fault.message).to.contain(folder.path);
    });
  });

  it('refuses data of a format that it does not know', async () => {
    await (await folder.open()).close();
    const place = { kind: 'head', row: 0 } as const;
    const head = { format: FORMAT + 1, instance: 'i', revision: 1, entries: 0, leases: 0 };
    const database = new RowDatabase(folder.path);
    await database.commit([{ table: 'head', row: 0, record: encodeHead(place, head) }]);
    await database.close();
    const fault = await refusal();
    expect(fault.details.reason).to.equal('UNKNOWN_FORMAT');
    expect(fault.message)
      .to.contain(`format ${FORMAT + 1}`)
      .and.contain(folder.path);
  });

  context('when an older copy of the data was put back', () => {
    const rewind = async (): Promise<number> => {
      const store = await folder.open();
      await write(store, 'k', 'old');
      await store.close();
      await copyFile(folder.file('data.mdb'), join(folder.root, 'copy'));
      const later = await folder.open();
      const last = await write(later, 'k', 'new');
      await later.close();
      await copyFile(join(folder.root, 'copy'), folder.file('data.mdb'));
      return last;
    };

    it('refuses to start, and says what to do', async () => {
      await rewind();
      const fault = await refusal();
      expect(fault.code).to.equal('FAILED_PRECONDITION');
      expect(fault.message).to.contain('older copy').and.contain('delete revision.high');
    });

    it('goes on far above all revisions given out, once the mark is deleted', async () => {
      const last = await rewind();
      await rm(folder.file('revision.high'));
      const store = await folder.open();
      expect(folder.logged.join()).to.contain('revision.high is missing');
      expect(await write(store, 'k')).to.be.above(last + 1e12);
    });

    it('refuses data that are gone altogether', async () => {
      await rewind();
      await rm(folder.file('data.mdb'));
      await rm(folder.file('lock.mdb'));
      expect((await refusal()).message).to.contain('older copy');
    });
  });
});
