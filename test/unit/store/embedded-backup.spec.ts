import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import { parseLeaseId } from '../../../src/core/lease-id.js';
import { Fault } from '../../../src/core/errors.js';
import { readBackupFile } from '../../../src/store/embedded/backup-file.js';
import { farAhead } from '../../../src/store/embedded/far-ahead.js';
import { restore, type Restored } from '../../../src/store/embedded/restore.js';
import { takeBackup } from '../../../src/store/embedded/take-backup.js';
import type { Store } from '../../../src/store/store.js';
import { rejection } from '../../contract/subject.js';
import { until } from '../../support/until.js';
import { EmbeddedFolder, write } from './embedded-folder.js';

const PID = 4711;
const clock = new SystemClock();

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error = await rejection(promise);
  if (error instanceof Fault) return error;
  throw error;
}

async function keysOf(store: Store): Promise<Record<string, string>> {
  const { entries } = await store.read({ range: { from: '/', to: '0' } });
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

describe('a backup of the embedded store', function () {
  this.timeout(60_000);
  let folder: EmbeddedFolder;
  let file: string;

  beforeEach(async () => {
    folder = await EmbeddedFolder.make();
    file = join(folder.root, 'backup');
  });
  afterEach(() => folder.dispose());

  const put = (replace = false, path = folder.path): Promise<Restored> =>
    readBackupFile(file).then((backup) =>
      restore(backup, { folder: path, pid: PID, clock, replace }),
    );

  it('is made while the store is open, for this user only', async () => {
    const store = await folder.open();
    await write(store, '/a', 'line\u2028end\nof "it"');
    const revision = await write(store, '/b', 'größer 🔒');
    await store.grant(parseLeaseId('7'), 60);
    const { head } = await takeBackup(folder.path, file, PID);
    expect(head).to.include({ revision, entries: 2, leases: 1 });
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect((await stat(folder.file('backup.sock'))).mode & 0o777).to.equal(0o600);
    await put(false, join(folder.root, 'other'));
    const other = await folder.open(clock, join(folder.root, 'other'));
    expect(await keysOf(other)).to.deep.equal({
      '/a': 'line\u2028end\nof "it"',
      '/b': 'größer 🔒',
    });
    expect(await other.renew(parseLeaseId('7'))).to.equal(60);
  });

  it('is made of a store that nobody has open, and changes nothing there', async () => {
    const store = await folder.open();
    await write(store, '/a', '1');
    await store.close();
    const mark = await readFile(folder.file('revision.high'));
    const { head } = await takeBackup(folder.path, file, PID);
    expect(head.entries).to.equal(1);
    expect(await readFile(folder.file('revision.high'))).to.deep.equal(mark);
    expect(await readdir(folder.path)).to.not.include.members(['owner.sock', 'backup.sock']);
  });

  it('is one state, however much is written meanwhile', async () => {
    const store = await folder.open();
    const names = Array.from({ length: 2000 }, (_, index) => `/k${index}`);
    await Promise.all(names.map((name) => write(store, name, '0'.repeat(100))));
    const writer = { isOver: false };
    let round = 0;
    // Each round writes all keys of one lot, the first and the last ones of the table, at one revision.
    const writing = (async () => {
      while (!writer.isOver) {
        round += 1;
        const text = String(round);
        await store.transact({
          resource: 'all',
          compare: [],
          then: ['/k0', '/k999', '/k1999'].map((key) => ({ kind: 'put', key, value: text })),
          else: [],
        });
      }
    })();
    const taken = async (each: number): Promise<void> => {
      await until('something is written', () => round > each * 3);
      await takeBackup(folder.path, file, PID);
      await rm(join(folder.root, 'other'), { recursive: true, force: true });
      await put(false, join(folder.root, 'other'));
      const other = await folder.open(clock, join(folder.root, 'other'));
      const keys = await keysOf(other);
      await other.close();
      expect(Object.keys(keys)).to.have.length(2000);
      expect(keys['/k999']).to.equal(keys['/k0']);
      expect(keys['/k1999']).to.equal(keys['/k0']);
    };
    try {
      for (let each = 0; each < 4; each++) await taken(each);
    } finally {
      writer.isOver = true;
      await writing;
    }
  });

  it('is given to one at a time; a second one is told, and leaves no file', async () => {
    const store = await folder.open();
    const text = 'x'.repeat(100_000);
    for (let each = 0; each < 40; each++) await write(store, `/k${each}`, text);
    // It connects, and takes nothing.
    const first = connect(folder.file('backup.sock')).pause();
    await new Promise((resolve) => first.once('connect', resolve));
    const fault = await faultOf(takeBackup(folder.path, file, PID));
    expect(fault.code).to.equal('UNAVAILABLE');
    expect(fault.message).to.contain('another backup is under way');
    expect(await readdir(folder.root)).to.deep.equal(['data']);
    first.destroy();
    await until('the first one is gone', () =>
      takeBackup(folder.path, file, PID).then(
        () => true,
        () => false,
      ),
    );
  });

  it('leaves the earlier file as it was if the store ends meanwhile', async () => {
    const store = await folder.open();
    for (let each = 0; each < 40; each++) await write(store, `/k${each}`, 'x'.repeat(100_000));
    await writeFile(file, 'earlier');
    const taking = faultOf(takeBackup(folder.path, file, PID)).catch(() => undefined);
    await until('it has begun', async () => (await readdir(folder.root)).length > 2);
    await store.close();
    const fault = await taking;
    // It may have been faster.
    if (fault === undefined) return;
    expect(fault.code).to.be.oneOf(['UNAVAILABLE', 'DATA_LOSS']);
    expect(await readFile(file, 'utf8')).to.equal('earlier');
    expect(await readdir(folder.root)).to.have.length(2);
  });

  it('says that there is nothing to back up', async () => {
    const fault = await faultOf(takeBackup(folder.path, file, PID));
    expect(fault.code).to.equal('NOT_FOUND');
  });

  it('is no reason to lose a device, or a folder', async () => {
    await (await folder.open()).close();
    const error = await rejection(takeBackup(folder.path, '/dev/null', PID));
    expect(String(error)).to.contain('/dev/null is there, and is no file');
  });

  const DAMAGES: readonly (readonly [string, (text: string) => string, RegExp])[] = [
    ['its end is missing', (text) => text.slice(0, -4), /its end is missing/],
    ['half of it is missing', (text) => text.slice(0, text.length / 2), /no whole backup/],
    ['a line is missing', (text) => text.replace(/^entry 1 .*\n/m, ''), /records are missing/],
    ['a value is another', (text) => text.replace('"one"', '"two"'), /entry 1" is corrupt/],
    ['the head is missing', (text) => text.replace(/^head .*\n/gm, ''), /its head is missing/],
    ['two lines are exchanged', (text) => text.replace('entry 1 ', 'entry 2 '), /no whole backup/],
    ['a line is no line', (text) => text.replace('entry 1 ', 'entry one '), /line 3 is not as/],
    ['something follows', (text) => `${text}entry 9 -\n`, /something follows its end/],
    ['it is something else', () => 'PK', /does not begin as a backup does/],
    ['it is of a later version', (text) => text.replace('backup 1', 'backup 2'), /does not know/],
    ['it is empty', () => '', /its end is missing/],
  ];
  for (const [what, change, said] of DAMAGES) {
    it(`is refused, and the folder left as it is, if ${what}`, async () => {
      const store = await folder.open();
      await write(store, '/a', 'one');
      await write(store, '/b', 'two');
      await takeBackup(folder.path, file, PID);
      await write(store, '/a', 'three');
      await store.close();
      await writeFile(file, change(await readFile(file, 'utf8')));
      const fault = await faultOf(put(true));
      expect(fault.message).to.match(said);
      expect(await keysOf(await folder.open())).to.deep.equal({ '/a': 'three', '/b': 'two' });
    });
  }

  describe('when it is restored', () => {
    /** A backup of `/a`, and then some more writes. @returns the last revision. */
    const backedUp = async (): Promise<number> => {
      const store = await folder.open();
      await write(store, '/a', 'then');
      await takeBackup(folder.path, file, PID);
      await write(store, '/a', 'later');
      const last = await write(store, '/b', 'later');
      await store.close();
      return last;
    };
    /** The first token after it, and what is there. */
    const opened = async (): Promise<{ keys: Record<string, string>; next: number }> => {
      const store = await folder.open();
      const keys = await keysOf(store);
      const next = await write(store, '/next');
      await store.close();
      return { keys, next };
    };

    it('takes the place of what was there, and tokens grow', async () => {
      const last = await backedUp();
      const { revision, isFarAhead } = await put(true);
      const { keys, next } = await opened();
      expect(keys).to.deep.equal({ '/a': 'then' });
      expect(next)
        .to.be.above(last)
        .and.equal(revision + 1);
      expect(isFarAhead).to.equal(false);
    });

    it('goes on above what was reserved, if the daemon was killed before', async () => {
      await backedUp();
      // As a kill leaves it: opened, written, and not closed.
      const store = await folder.open();
      const last = await write(store, '/c');
      const copies = join(folder.root, 'killed');
      await mkdir(copies);
      for (const name of ['data.mdb', 'revision.high']) {
        await copyFile(folder.file(name), join(copies, name));
      }
      await store.close();
      const { revision } = await put(true, copies);
      expect(revision).to.be.above(last + 9000);
    });

    it('goes on far above all where revision.high is lost, also a second time', async () => {
      const last = await backedUp();
      const nexts = [last];
      for (let each = 0; each < 2; each++) {
        await rm(folder.path, { recursive: true });
        const { isFarAhead } = await put();
        expect(isFarAhead).to.equal(true);
        const { keys, next } = await opened();
        expect(keys).to.deep.equal({ '/a': 'then' });
        expect(next).to.be.above(Math.max(...nexts) + 1000);
        nexts.push(next);
        // The jump is by the time in seconds.
        await new Promise((resolve) => setTimeout(resolve, 1100));
      }
    });

    it('goes on far above all where revision.high is damaged', async () => {
      const last = await backedUp();
      await writeFile(folder.file('revision.high'), 'x');
      expect((await put(true)).isFarAhead).to.equal(true);
      expect((await opened()).next).to.be.above(last + 2 ** 40);
    });

    it('refuses data that are there, unless they may go', async () => {
      await backedUp();
      const fault = await faultOf(put());
      expect(fault.details.reason).to.equal('HAS_DATA');
      expect(fault.message).to.contain('--replace');
      expect((await opened()).keys).to.deep.equal({ '/a': 'later', '/b': 'later' });
    });

    it('refuses a folder that is in use', async () => {
      await backedUp();
      await folder.open();
      expect((await faultOf(put(true))).details.reason).to.equal('FOLDER_IN_USE');
    });

    it('keeps damaged data beside', async () => {
      const last = await backedUp();
      const data = await readFile(folder.file('data.mdb'));
      data.fill(0xff, 0, 4096);
      await writeFile(folder.file('data.mdb'), data);
      expect((await faultOf(put())).details.reason).to.equal('HAS_DATA');
      const { movedTo = '' } = await put(true);
      expect(await readFile(movedTo)).to.deep.equal(data);
      const { keys, next } = await opened();
      expect(keys).to.deep.equal({ '/a': 'then' });
      expect(next).to.be.above(last);
    });
  });
});

describe('a revision far ahead', () => {
  it('is made of the time, and above the one that is known', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(farAhead(5, now)).to.equal((now / 1000) * 2 ** 20);
    expect(farAhead(farAhead(5, now) + 100, now + 1000)).to.equal(farAhead(5, now + 1000));
    expect(Number.isSafeInteger(farAhead(2 ** 51, Date.UTC(2200, 0, 1)))).to.equal(true);
  });

  it('is a jump where the clock is behind', () => {
    expect(farAhead(5, 0)).to.equal(5 + 2 ** 40);
    expect(farAhead(2 ** 51, Date.UTC(2026, 0, 1))).to.equal(2 ** 51 + 2 ** 40);
  });
});
