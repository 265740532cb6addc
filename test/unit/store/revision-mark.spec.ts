import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { RevisionMark } from '../../../src/store/embedded/revision-mark.js';
import { rejection } from '../../contract/subject.js';

const SLOT_BYTES = 4096;
const FIRST = { instance: 'i', atLeast: 1, reserved: 10 };

describe('RevisionMark', () => {
  let folder: string;
  let clock: VirtualClock;
  let mark: RevisionMark;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-mark-'));
    clock = new VirtualClock();
    mark = RevisionMark.none(folder, clock, FIRST);
    await mark.write(FIRST);
  });
  afterEach(async () => {
    await mark.close();
    await rm(folder, { recursive: true });
  });

  const path = (): string => join(folder, 'revision.high');
  const found = async (): Promise<unknown> => {
    const { instance, atLeast, reserved } = (await RevisionMark.read(folder, clock))?.value ?? {};
    return { instance, atLeast, reserved };
  };
  /** Damages one of the two lines. */
  const tear = async (slot: number): Promise<void> => {
    const bytes = await readFile(path());
    bytes.fill(0, slot * SLOT_BYTES, slot * SLOT_BYTES + 60);
    await writeFile(path(), bytes);
  };

  it('is read as it was written', async () => {
    expect(await found()).to.deep.equal(FIRST);
    await mark.write({ atLeast: 5, reserved: 20 });
    expect(await found()).to.deep.equal({ ...FIRST, atLeast: 5, reserved: 20 });
  });

  it('is read as noted last, at once', async () => {
    for (let revision = 2; revision < 7; revision++) {
      await mark.note(revision);
      expect(await found()).to.deep.equal({ ...FIRST, atLeast: revision });
    }
  });

  it('never grows: a full disk has space for it', async () => {
    const { size, ino } = await stat(path());
    await mark.note(2 ** 50);
    await mark.write({ atLeast: 2 ** 50, reserved: 2 ** 51 });
    expect(await stat(path())).to.include({ size, ino });
  });

  for (const slot of [0, 1]) {
    it(`survives the loss of line ${slot} with all that is reserved`, async () => {
      await mark.write({ atLeast: 5, reserved: 20 });
      await mark.note(6);
      await mark.note(7);
      await tear(slot);
      expect(await found()).to.have.property('reserved', 20);
      expect(await found())
        .to.have.property('atLeast')
        .that.is.within(6, 7);
    });
  }

  it('is refused if both lines are damaged', async () => {
    await tear(0);
    await tear(1);
    expect(await rejection(found()))
      .to.have.property('message')
      .that.contains('is corrupt');
  });

  it('goes on after it was read', async () => {
    await mark.note(3);
    const again = await RevisionMark.read(folder, clock);
    await again?.note(4);
    await again?.close();
    expect(await found()).to.deep.equal({ ...FIRST, atLeast: 4 });
  });

  it('is not there in a new folder', async () => {
    await rm(path());
    expect(await RevisionMark.read(folder, clock)).to.equal(undefined);
  });
});
