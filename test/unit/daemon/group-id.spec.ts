import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { groupIdOf } from '../../../src/daemon/group-id.js';

describe('groupIdOf', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sl-group-'));
  const file = join(folder, 'group');
  writeFileSync(file, 'root:x:0:\nlocks:x:4711:app,ops\nbroken:x::\n');

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('finds a name', () => {
    expect(groupIdOf('locks', file)).to.equal(4711);
    expect(groupIdOf('root', file)).to.equal(0);
  });

  it('takes a number for itself, whether it has a name or not', () => {
    expect(groupIdOf('4712', file)).to.equal(4712);
  });

  it('finds nothing for another', () => {
    for (const name of ['lock', 'locks:x', 'app', 'broken', '']) {
      expect(groupIdOf(name, file)).to.equal(undefined);
    }
  });
});
