import { expect } from 'chai';
import { Child } from '../../support/child.js';
import { EmbeddedFolder, write } from './embedded-folder.js';

/** Above the first 4 MiB that the store takes. */
const LIMIT_BYTES = 7_000_000;

interface Report {
  readonly acknowledged: number;
  readonly refused: number;
  readonly others: number;
  readonly missing: number;
  readonly unacknowledgedButThere: number;
  readonly whileFull: { readonly health: { ready: boolean; detail: string }; readonly put: string };
  readonly deleted: number;
  readonly again: string;
  readonly found: number;
  readonly left: number;
  readonly revision: number;
}

interface Freed {
  readonly entries: number;
  readonly refused: readonly number[];
  readonly left: number;
}

describe('EmbeddedStore without space on its disk', function () {
  this.timeout(60_000);
  let folder: EmbeddedFolder;
  let report: Report;
  before(async () => {
    folder = await EmbeddedFolder.make();
    // A limit on the size of a file fails writes as a full disk does, and needs no rights.
    const child = new Child(
      'embedded-filler.ts',
      [folder.path],
      ['prlimit', `--fsize=${LIMIT_BYTES}`],
    );
    await child.ended();
    const [line] = child.lines;
    if (line === undefined) throw new Error(`the child printed nothing: ${child.errors}`);
    // The script beside this test prints it so.
    report = JSON.parse(line) as Report;
  });
  after(() => folder.dispose());

  it('refuses writes as RESOURCE_EXHAUSTED, and in no other way', () => {
    expect(report.refused).to.be.above(0);
    expect(report.others).to.equal(0);
  });

  it('has all that it acknowledged, and nothing that it refused', () => {
    expect(report.acknowledged).to.be.above(1000);
    expect(report.missing).to.equal(0);
    expect(report.unacknowledgedButThere).to.equal(0);
  });

  it('is not ready, and says on which disk to make room', () => {
    expect(report.whileFull.health.ready).to.equal(false);
    expect(report.whileFull.health.detail).to.contain(folder.path);
    expect(report.whileFull.put).to.equal('full');
  });

  it('still deletes, and so makes room by itself', () => {
    expect(report.deleted).to.equal(report.acknowledged);
    expect(report.again).to.equal('done');
    expect(report.found).to.equal(1);
  });

  it('deletes after a kill as well, in commits of which each changes every page', async () => {
    const again = await EmbeddedFolder.make();
    const limited = ['prlimit', `--fsize=${LIMIT_BYTES}`];
    try {
      const filler = new Child('embedded-freer.ts', [again.path, 'fill'], limited);
      await filler.until(() => filler.lines.length > 0);
      await filler.kill();
      const freer = new Child('embedded-freer.ts', [again.path, 'free'], limited);
      await freer.ended();
      const { entries, refused, left } = JSON.parse(freer.lines[0] ?? freer.errors) as Freed;
      expect(entries).to.be.above(5000);
      expect(refused, 'rounds that were refused').to.deep.equal([]);
      expect(left).to.equal(0);
    } finally {
      await again.dispose();
    }
  });

  it('opens again with what was left', async () => {
    const store = await folder.open();
    const { count, revision } = await store.read({ range: { from: '/fill/', to: '/fill0' } });
    expect(count).to.equal(report.left);
    expect(revision).to.equal(report.revision);
    await write(store, 'k');
  });
});
