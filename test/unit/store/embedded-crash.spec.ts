import { copyFile, readdir } from 'node:fs/promises';
import { expect } from 'chai';
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

  it('repeats no revision even if an older copy is put back that it can not tell from a crash', async () => {
    const store = await folder.open();
    await write(store, 'k');
    await store.close();
    await copyFile(folder.file('data.mdb'), `${folder.root}/copy`);
    const child = run('embedded-writer.ts', [folder.path, '0']);
    await child.until(() => child.lines.length >= 200);
    await child.kill();
    const highest = Math.max(...child.lines.map((line) => Number(line.split(' ')[1])));
    await copyFile(`${folder.root}/copy`, folder.file('data.mdb'));
    const again = await folder.open();
    expect(await write(again, 'k')).to.be.above(highest);
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
    expect(sockets).to.deep.equal(['owner.sock']);
  });
});
