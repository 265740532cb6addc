import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Fault } from '../../../src/core/errors.js';
import { rejection } from '../../contract/subject.js';
import { Child } from '../../support/child.js';
import { EmbeddedFolder, write } from './embedded-folder.js';

const ROUNDS = 20;

describe('EmbeddedStore and SIGKILL', function () {
  this.timeout(120_000);
  let folder: EmbeddedFolder;
  const children: Child[] = [];
  const run = (...args: ConstructorParameters<typeof Child>): Child => {
    const child = new Child(...args);
    children.push(child);
    return child;
  };
  beforeEach(async () => {
    folder = await EmbeddedFolder.make();
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.kill()));
    await folder.dispose();
  });

  it(`keeps every acknowledged write, over ${ROUNDS} kills, and repeats no revision`, async () => {
    const acknowledged = new Map<string, number>();
    let highest = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const child = run('embedded-writer.ts', [folder.path, `${round}`]);
      await child.until(() => child.lines.length >= 20 + round * 7);
      await child.kill();
      const lines = child.lines.map((line) => line.split(' '));
      const revisions = lines.map(([, revision]) => Number(revision));
      expect(Math.min(...revisions), 'the first revision of a round').to.be.above(highest);
      for (const [key = '', revision] of lines) acknowledged.set(key, Number(revision));
      highest = Math.max(...revisions);
    }
    const store = await folder.open();
    const { entries } = await store.read({ range: { from: '/crash/', to: '/crash0' } });
    const found = new Map(entries.map((entry) => [entry.key, entry.modRevision]));
    const lost = [...acknowledged].filter(([key, revision]) => found.get(key) !== revision);
    expect(lost).to.deep.equal([]);
    expect(acknowledged.size).to.be.above(ROUNDS * 20);
    expect(await write(store, 'after')).to.be.above(highest);
  });

  context('when an older copy is put back', () => {
    /** Copies `names` of a folder after one write, and puts them back after a kill. @returns the last revision. */
    const putBack = async (...names: readonly string[]): Promise<number> => {
      const store = await folder.open();
      await write(store, 'k');
      for (const name of names) await copyFile(folder.file(name), join(folder.root, name));
      // The copy is one acknowledged write behind.
      const last = await write(store, 'k');
      await store.close();
      // As a kill leaves it: the mark is of before that.
      const child = run('embedded-writer.ts', [folder.path, '0']);
      await child.until(() => child.lines.length >= 200);
      await child.kill();
      for (const name of names) await copyFile(join(folder.root, name), folder.file(name));
      return Math.max(last, ...child.lines.map((line) => Number(line.split(' ')[1])));
    };

    it('refuses it, and names the revision that was acknowledged', async () => {
      const last = await putBack('data.mdb');
      const error = await rejection(folder.open());
      if (!(error instanceof Fault)) throw error;
      expect(error.details.reason).to.equal('OLDER_COPY');
      const [, reached] = /have been at ([0-9]+)/.exec(error.message) ?? [];
      expect(Number(reached)).to.be.at.least(last);
    });

    it('refuses one that lacks only the last write', async () => {
      const store = await folder.open();
      await write(store, 'k');
      const left = join(folder.root, 'left');
      await mkdir(left);
      await copyFile(folder.file('data.mdb'), join(left, 'data.mdb'));
      await write(store, 'k');
      // As a kill at this moment leaves it.
      await copyFile(folder.file('revision.high'), join(left, 'revision.high'));
      const error = await rejection(folder.open(undefined, left));
      expect(error).to.have.nested.property('details.reason', 'OLDER_COPY');
    });

    it('repeats no revision even if the mark is as old, as after a power cut', async () => {
      const highest = await putBack('data.mdb', 'revision.high');
      const again = await folder.open();
      expect(await write(again, 'k')).to.be.above(highest);
    });
  });

  it('leaves a socket that the next owner replaces', async () => {
    const child = run('embedded-writer.ts', [folder.path, '0']);
    await child.until(() => child.lines.length >= 1);
    await child.kill();
    expect(await readdir(folder.path)).to.include('owner.sock');
    await folder.open();
  });

  it('lets one of many win that come for the folder at once', async () => {
    const dead = run('embedded-writer.ts', [folder.path, '0']);
    await dead.until(() => dead.lines.length >= 1);
    await dead.kill();
    const racers = Array.from({ length: 6 }, () => run('embedded-racer.ts', [folder.path]));
    await Promise.all(racers.map((racer) => racer.until(() => racer.lines.length >= 1)));
    for (const racer of racers) racer.write('go\n');
    await Promise.all(racers.map((racer) => racer.until(() => racer.lines.length >= 2)));
    const answers = racers.map((racer) => racer.lines[1] ?? '');
    expect(answers.filter((answer) => answer === 'won')).to.have.length(1);
    for (const answer of answers) {
      if (answer !== 'won') expect(answer).to.contain('is in use by another running process');
    }
    const sockets = (await readdir(folder.path)).filter((name) => name.endsWith('.sock'));
    // No candidate is left; and backups are given by the winner.
    expect(sockets.sort()).to.deep.equal(['backup.sock', 'owner.sock']);
  });
});
