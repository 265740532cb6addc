import {
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { leaveToOwner } from '../../../src/files/leave-to-owner.js';

const USER = 65_500;
const GROUP = 65_501;

describe('What root makes in the folder of another user', () => {
  let root: string;
  let folder: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sl-owner-'));
    folder = join(root, 'data');
    mkdirSync(folder);
    writeFileSync(join(folder, 'data.mdb'), '');
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const ownerOf = (path: string): [number, number] => {
    const { uid, gid } = lstatSync(path);
    return [uid, gid];
  };

  it('stays whose it is in a folder of the same user, or in none', () => {
    const before = ownerOf(join(folder, 'data.mdb'));
    leaveToOwner(folder);
    leaveToOwner(join(root, 'none'));
    expect(ownerOf(join(folder, 'data.mdb'))).to.deep.equal(before);
  });

  if (process.getuid?.() === 0) {
    it('is given to that user', () => {
      chownSync(folder, USER, GROUP);
      leaveToOwner(folder);
      expect(ownerOf(join(folder, 'data.mdb'))).to.deep.equal([USER, GROUP]);
    });

    it('is not, where it is a link to something else, or has a second name', () => {
      for (const name of ['followed', 'linked']) writeFileSync(join(root, name), '');
      symlinkSync(join(root, 'followed'), join(folder, 'symbolic'));
      linkSync(join(root, 'linked'), join(folder, 'hard'));
      chownSync(folder, USER, GROUP);
      leaveToOwner(folder);
      for (const name of ['followed', 'linked']) {
        expect(ownerOf(join(root, name))).to.deep.equal([0, 0]);
      }
    });
  }
});
