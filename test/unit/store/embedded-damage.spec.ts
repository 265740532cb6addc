import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Child } from '../../support/child.js';

/** The long form: `DAMAGES=2000 npx mocha test/unit/store/embedded-damage.spec.ts`. */
const DAMAGES = Number(process.env.DAMAGES ?? 45);

describe(`EmbeddedStore and ${DAMAGES} damaged data files`, function () {
  this.timeout(60_000 + DAMAGES * 1000);
  let folder: string;
  /** What came of each seed. */
  const outcomes = new Map<number, string>();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shared-lock-damage-'));
    while (outcomes.size < DAMAGES) await attempt(outcomes.size);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Tries the seeds from `first` on, until they are done or one ends the process. */
  async function attempt(first: number): Promise<void> {
    const own = await mkdtemp(join(folder, 'run-'));
    const child = new Child('embedded-damages.ts', [own, `${first}`, `${DAMAGES - first}`]);
    await child.ended();
    const before = outcomes.size;
    let begun = '';
    for (const line of child.lines) {
      const [, kind, seed, text = ''] = /^(begin|end) ([0-9]+) (.*)$/.exec(line) ?? [];
      if (kind === 'begin') begun = `${seed}: ${text}`;
      else outcomes.set(Number(seed), `${begun}: ${text}`);
    }
    if (child.exitCode === 0) return;
    if (begun === '') throw new Error(`it did not begin: ${child.errors}`);
    outcomes.set(outcomes.size, `${begun}: ended the process: ${child.errors.slice(-300)}`);
    if (outcomes.size === before) throw new Error(`it goes on no more: ${child.errors}`);
  }

  it('serves what was written, or refuses and names the folder; it never ends the process', () => {
    const wrong = [...outcomes.values()].filter(
      (outcome) => !/: (served|refused: .*)$/.test(outcome),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('has met damages that matter, and some that do not', () => {
    const all = [...outcomes.values()];
    const refused = all.filter((outcome) => outcome.includes(': refused: ')).length;
    expect(refused).to.be.above(DAMAGES / 3);
    expect(all.length - refused).to.be.above(DAMAGES / 10);
  });
});
