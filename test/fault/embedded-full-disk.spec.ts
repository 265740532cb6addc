import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Child } from '../support/child.js';
import { onSmallDisk } from '../support/small-disk.js';

const DISK_BYTES = 14 * 1024 * 1024;

interface Report {
  readonly messages: number;
  readonly afterwards: Readonly<Record<string, string>>;
  readonly expired: boolean;
  readonly free: boolean;
  readonly again: boolean;
  readonly grows: boolean;
}

describe('The embedded store of a daemon that is killed on a full disk', function () {
  this.timeout(120_000);
  let folder: string;
  let report: Report;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-full-'));
    const child = new Child('embedded-full-disk.ts', [folder], onSmallDisk(folder, DISK_BYTES));
    await child.ended();
    const [line] = child.lines;
    if (line === undefined) throw new Error(`the child printed nothing: ${child.errors}`);
    // The script beside this test prints it so.
    report = JSON.parse(line) as Report;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('has no space for what needs some', () => {
    expect(report.messages).to.be.above(100);
    expect(report.afterwards.needsSpace).to.equal('RESOURCE_EXHAUSTED');
    expect(report.afterwards.acquire).to.equal('RESOURCE_EXHAUSTED');
  });

  for (const [what, title] of [
    ['release', 'releases a lock, as the first write after the start'],
    ['releaseBesides', 'releases one at the same time as it refuses a write'],
    ['releaseWithId', 'releases one whose outcome it has to record'],
    ['revoke', 'revokes a lease'],
    ['force', 'takes a lock away'],
    ['deleteConfig', 'deletes a document'],
  ] as const) {
    it(title, () => {
      expect(report.afterwards[what]).to.equal('done');
    });
  }

  it('lets leases expire, and has freed all that it said', () => {
    expect(report.expired).to.equal(true);
    expect(report.free).to.equal(true);
  });

  it('goes on by itself once there is space, with a token above the earlier ones', () => {
    expect(report.again).to.equal(true);
    expect(report.grows).to.equal(true);
  });
});
