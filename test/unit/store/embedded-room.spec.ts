import { expect } from 'chai';
import { truncateSync, statSync } from 'node:fs';
import { put } from '../../contract/subject.js';
import { EmbeddedFolder, write } from './embedded-folder.js';

const MIB = 1024 * 1024;
/** Small records, of 1 KB each with what is beside them. */
const RECORDS = 12_000;

describe('EmbeddedStore, opened with data for which nothing is kept', function () {
  this.timeout(60_000);
  let folder: EmbeddedFolder;
  let dataBytes: number;

  before(async () => {
    folder = await EmbeddedFolder.make();
    const store = await folder.open();
    const value = 'x'.repeat(900);
    for (let at = 0; at < RECORDS; at += 30) {
      const then = Array.from({ length: 30 }, (_, index) => put(`k${at + index}`, value));
      await store.transact({ resource: 'k', compare: [], then, else: [] });
    }
    await store.close();
    // As an earlier version leaves it: zeros at the end of the file are what is kept.
    const { size } = statSync(folder.file('data.mdb'));
    dataBytes = size / 3;
    truncateSync(folder.file('data.mdb'), Math.ceil(dataBytes / MIB) * MIB);
  });
  after(() => folder.dispose());

  it('takes room for what frees step by step, so that no write waits for all of it', async () => {
    const bytes = (): number => statSync(folder.file('data.mdb')).size;
    const store = await folder.open();
    let before = bytes();
    const steps: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      await write(store, 'one more');
      steps.push((bytes() - before) / MIB);
      before = bytes();
    }
    expect(Math.max(...steps)).to.be.at.most(8);
    expect(bytes()).to.be.above(2.5 * dataBytes);
    expect(steps.at(-1)).to.equal(0);
  });
});
