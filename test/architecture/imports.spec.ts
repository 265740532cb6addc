import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { SourceFile } from './imports.js';
import { readSources } from './imports.js';
import { areaOf, importCycles, importFaults, undeclaredPackages } from './rules.js';
import { TABLE } from './table.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the imports of the program', () => {
  const files = readSources(ROOT, ['src', 'cmd', 'example']);

  it('are all allowed by the table', () => {
    expect(files).to.have.length.above(10);
    expect(importFaults(files, TABLE).join('\n')).to.equal('');
  });

  it('form no cycle', () => {
    expect(importCycles(files).join('\n')).to.equal('');
  });

  it('name only packages that are installed with the program', () => {
    const manifest = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as Record<
      string, // package.json is our own file: the three members are objects or absent
      Record<string, string> | undefined
    >;
    const installed = new Set(
      ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((kind) =>
        Object.keys(manifest[kind] ?? {}),
      ),
    );
    installed.add('@shared-lock/shared-lock');
    expect(undeclaredPackages(files, installed)).to.deep.equal([]);
  });
});

describe('the table of imports', () => {
  it('names only areas that have a row', () => {
    const rows = new Set(TABLE.map((area) => area.path));
    const unknown = TABLE.flatMap((area) => area.areas.filter((path) => !rows.has(path)));
    expect(unknown).to.deep.equal([]);
  });

  it('has a row for each folder that ARCHITECTURE.md maps', () => {
    const map = readFileSync(`${ROOT}/ARCHITECTURE.md`, 'utf8');
    const mapped = [...map.matchAll(/^\| (`(?:src|cmd)[^|]*) \|/gm)].flatMap(([, cell]) =>
      [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? ''),
    );
    expect(mapped).to.include('src/core');
    expect(mapped.filter((path) => areaOf(path, TABLE)?.path !== path)).to.deep.equal([]);
  });
});

describe('the checker of imports', () => {
  const PORT: SourceFile = { path: 'src/store/store.ts', text: 'export type Store = 1;' };
  const faults = (path: string, text: string): string[] =>
    importFaults([{ path, text }, PORT], TABLE);

  it('passes what the table allows', () => {
    expect(faults('src/service/lock.ts', "import { Store } from '../store/store.js';")).to.be.empty;
  });

  it('lets locks know leases, but not the other way round', () => {
    const lock: SourceFile = { path: 'src/service/lock/lock-service.ts', text: '' };
    const lease: SourceFile = { path: 'src/service/lease/record.ts', text: '' };
    const upwards = { ...lease, text: "import '../lock/lock-service.js';" };
    const downwards = { ...lock, text: "import '../lease/record.js';" };
    expect(importFaults([lease, downwards], TABLE)).to.be.empty;
    expect(importFaults([lock, upwards], TABLE)).to.have.lengthOf(1);
  });

  const forbidden: readonly (readonly [string, string])[] = [
    ['a static import', "import { Store } from '../store/store.js';"],
    ['a type-only import', "import type { Store } from '../store/store.js';"],
    ['an import for its effect', "import '../store/store.js';"],
    ['a re-export', "export * from '../store/store.js';"],
    ['a type-only re-export', "export type { Store } from '../store/store.js';"],
    ['a dynamic import', "export const load = () => import('../store/store.js');"],
    ['an import type', "export type S = import('../store/store.js').Store;"],
    ['a require', "const store = require('../store/store.js');"],
    ['an import assignment', "import store = require('../store/store.js');"],
    ['a reference', '/// <reference path="../store/store.ts" />'],
    ['a package', "import fs from 'node:fs';"],
    ['a computed import', 'export const load = (x: string) => import(x);'],
    ['an import of no file', "import x from './missing.js';"],
  ];
  for (const [what, text] of forbidden) {
    it(`finds ${what} that core may not have`, () => {
      expect(faults('src/core/bad.ts', text)).to.have.lengthOf(1);
    });
  }

  it('says which edge is wrong and what to do', () => {
    const [line] = faults('src/core/bad.ts', "\nimport type { Store } from '../store/store.js';");
    expect(line).to.match(/^src\/core\/bad\.ts:2 src\/core → src\/store\/store\.ts: /);
    expect(line).to.contain('may import nothing').and.to.contain('pass it in');
  });

  it('refuses a folder without a row', () => {
    expect(faults('src/misc/a.ts', '')[0]).to.contain('src/misc/a.ts is in no area');
  });

  it('finds a cycle over type-only imports', () => {
    const cycles = importCycles([
      { path: 'src/core/a.ts', text: "import type { B } from './b.js';" },
      { path: 'src/core/b.ts', text: "export { C } from './c.js';" },
      { path: 'src/core/c.ts', text: "import { A } from './a.js';" },
    ]);
    expect(cycles).to.deep.equal(['src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts']);
  });

  it('finds a package that is not declared', () => {
    const files = [{ path: 'src/core/a.ts', text: "import x from '@scope/name/deep';" }];
    expect(undeclaredPackages(files, new Set(['other']))).to.deep.equal(['@scope/name']);
  });
});
