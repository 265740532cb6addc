import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCompiled } from '../../../src/cli/launch/compiled.js';

const SOURCE = `(function (exports, require, module, __filename, __dirname) {
  exports.sum = (a, b) => a + b;
  exports.folder = require('node:path').basename(__dirname) === __filename.split('/').at(-2);
})`;

interface Exports {
  readonly sum: (a: number, b: number) => number;
  readonly folder: boolean;
}

describe('a compiled script', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sl-compiled-'));
    file = join(folder, 'program.js');
    writeFileSync(file, SOURCE);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const caches = (): string[] =>
    readdirSync(folder).filter((name) => name.startsWith('program.js.'));
  const run = (): { isFromCache: boolean; three: number; keep: () => void } => {
    const { exports, isFromCache, keep } = runCompiled(file);
    const { sum, folder: isFolder } = exports as Exports;
    expect(isFolder).to.equal(true);
    return { isFromCache, three: sum(1, 2), keep };
  };
  const damage = (change: (bytes: Buffer) => Buffer): void => {
    for (const name of caches()) {
      const path = join(folder, name);
      writeFileSync(path, change(readFileSync(path)));
    }
  };

  it('is compiled once, for this version of V8', () => {
    const first = run();
    expect([first.isFromCache, first.three]).to.deep.equal([false, 3]);
    first.keep();
    expect(caches()).to.deep.equal([`program.js.${process.versions.v8}-${process.arch}.cache`]);
    const second = run();
    expect([second.isFromCache, second.three]).to.deep.equal([true, 3]);
  });

  it('is compiled anew when its source has changed, also to one of the same length', () => {
    run().keep();
    writeFileSync(file, SOURCE.replace('a + b', 'a * b'));
    const changed = run();
    expect([changed.isFromCache, changed.three]).to.deep.equal([false, 2]);
    changed.keep();
    expect(run()).to.deep.include({ isFromCache: true, three: 2 });
  });

  const DAMAGES: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
    ['one bit of it is another', (bytes) => flipped(bytes, bytes.length - 20)],
    ['it was cut off', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['it is empty', () => Buffer.alloc(0)],
  ];
  for (const [what, change] of DAMAGES) {
    it(`is compiled anew when what was kept is damaged: ${what}`, () => {
      run().keep();
      damage(change);
      const next = run();
      expect([next.isFromCache, next.three]).to.deep.equal([false, 3]);
      next.keep();
      expect(run().isFromCache).to.equal(true);
    });
  }

  it('runs all the same where nothing can be kept', () => {
    const { keep } = run();
    rmSync(folder, { recursive: true });
    keep();
  });

  it('leaves nothing unfinished behind', () => {
    run().keep();
    run().keep();
    expect(readdirSync(folder)).to.have.length(2);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}
