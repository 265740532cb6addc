import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FolderError, makeFolder } from '../../../src/files/make-folder.js';

describe('makeFolder', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'shared-lock-folder-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });
  const failure = (path: string): FolderError => {
    try {
      makeFolder(path);
    } catch (error) {
      if (error instanceof FolderError) return error;
      throw error;
    }
    throw new Error('it was made');
  };

  it('makes all that are missing, for whom it was told', () => {
    makeFolder(join(root, 'a', 'b'), 0o700);
    expect(statSync(join(root, 'a', 'b')).mode & 0o777).to.equal(0o700);
  });

  it('leaves alone what is there', () => {
    makeFolder(join(root, 'a'));
    writeFileSync(join(root, 'a', 'file'), '');
    makeFolder(join(root, 'a'));
    expect(statSync(join(root, 'a', 'file')).isFile()).to.equal(true);
  });

  it('follows a symbolic link to a folder', () => {
    symlinkSync(root, join(root, 'link'));
    makeFolder(join(root, 'link', 'a'));
    expect(statSync(join(root, 'a')).isDirectory()).to.equal(true);
  });

  it('says that a file is in the way, at its end or above it', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'a'), join(file, 'a', 'b')]) {
      expect(failure(path)).to.include({
        code: 'ENOTDIR',
        message: `${file} is a file, not a folder`,
      });
    }
  });

  it('says that a symbolic link leads to nothing', () => {
    const link = join(root, 'link');
    symlinkSync(join(root, 'nothing'), link);
    expect(failure(link).message).to.contain(link).and.to.contain('link to nothing');
  });

  // There is no /proc elsewhere.
  if (process.platform === 'linux') {
    it('gives up at once where nothing can be made', () => {
      const { code, message } = failure('/proc/foo/bar');
      expect(code).to.equal('ENOENT');
      expect(message).to.equal("the folder /proc/foo can't be made: ENOENT");
    });
  }
});
