import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isFault } from '../../../src/core/errors.js';
import { messageOf } from '../../../src/daemon/start-error.js';
import { takeOwnership, type Ownership } from '../../../src/store/embedded/owner.js';
import { rejection } from '../../contract/subject.js';

describe('takeOwnership', () => {
  let folder: string;
  const owners: Ownership[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shared-lock-owner-'));
  });
  afterEach(async () => {
    await Promise.all(owners.splice(0).map((owner) => owner.release()));
    await rm(folder, { recursive: true });
  });

  const take = async (): Promise<void> => {
    // One process is exclusive by itself: a section has no await.
    owners.push(await takeOwnership(folder, 4711, (section) => section()));
  };

  it('leaves one socket while it lasts, and none after', async () => {
    await take();
    expect(await readdir(folder)).to.deep.equal(['owner.sock']);
    await owners.pop()?.release();
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('is refused while another lasts, which leaves no socket behind', async () => {
    await take();
    const error = await rejection(take());
    expect(isFault(error, 'FAILED_PRECONDITION')).to.equal(true);
    expect(messageOf(error)).to.contain('another running process (pid 4711)');
    expect(await readdir(folder)).to.deep.equal(['owner.sock']);
  });

  it('is refused by one that says nothing, as one that is paused', async () => {
    const mute = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => mute.listen(join(folder, 'owner.sock'), resolve));
    const error = await rejection(take());
    mute.close();
    expect(messageOf(error)).to.contain('another running process:');
  });

  it('has one winner among several that find the folder free at the same moment', async () => {
    for (let round = 0; round < 20; round++) {
      const results = await Promise.allSettled([take(), take(), take()]);
      expect(results.filter((result) => result.status === 'fulfilled')).to.have.length(1);
      expect(await readdir(folder)).to.deep.equal(['owner.sock']);
      await owners.pop()?.release();
    }
  });

  it('tries again if an owner that has gone since swept its socket away', async () => {
    let swept = 0;
    const exclusively = (section: () => boolean): boolean => {
      if (swept < 1) {
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
        swept++;
      }
      return section();
    };
    owners.push(await takeOwnership(folder, 4711, exclusively));
    expect(await readdir(folder)).to.deep.equal(['owner.sock']);
  });
});
