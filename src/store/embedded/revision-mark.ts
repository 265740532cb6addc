import { write } from 'node:fs';
import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Clock, Timer } from '../../clock/clock.js';
import { Fault } from '../../core/errors.js';
import type { Revision } from '../store.js';
import { isFull, noSpace } from './space.js';

/** What the file beside the data says about revisions. */
export interface Mark {
  /** Of the data that it belongs to. */
  readonly instance: string;
  /** The data had this revision when the mark was written: data below it are an older copy. */
  readonly atLeast: Revision;
  /** Revisions up to this one may have been given out. After a clean stop it is the last one. */
  readonly reserved: Revision;
}

export const MARK_FILE = 'revision.high';

const LINES = 2;

/** So far apart that no disk writes both at once. */
const SLOT_BYTES = 4096;

/** How long after a note it is written to disk: one such write for all notes of that time. */
const SYNC_DELAY_MS = 1000;

/** So much of a slot is written each time. */
const LINE_BYTES = 256;

/** A line of the file. The one with the highest number counts. */
interface Line extends Mark {
  readonly number: number;
}

/**
 * The file has two lines, which are written in turn and in place. So a line that a crash cut off leaves the other, and
 * writing needs no space: a full disk keeps nobody from it.
 */
export class RevisionMark {
  readonly #folder: string;
  readonly #clock: Clock;
  #line: Line;
  /** False if there is no file yet, or one of 0.1.0: that has one line, and was replaced at each write. */
  #hasLines: boolean;
  #file: FileHandle | undefined;
  /** Until what was noted is written to disk. */
  #timer: Timer | undefined;
  #sync = Promise.resolve();

  private constructor(folder: string, clock: Clock, line: Line, hasLines: boolean) {
    this.#folder = folder;
    this.#clock = clock;
    this.#line = line;
    this.#hasLines = hasLines;
  }

  /** Of a folder that has none; made by the first `write`. */
  static none(folder: string, clock: Clock, mark: Mark): RevisionMark {
    return new RevisionMark(folder, clock, { ...mark, number: 0 }, false);
  }

  /**
   * @returns undefined if there is none.
   * @throws Fault DATA_LOSS if it can't be understood.
   */
  static async read(folder: string, clock: Clock): Promise<RevisionMark | undefined> {
    let text: string;
    try {
      text = await readFile(join(folder, MARK_FILE), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    const lines = text.split('\n').flatMap((line) => parse(line.trim()) ?? []);
    const [last] = lines.sort((a, b) => b.number - a.number);
    if (last === undefined) throw new Fault('DATA_LOSS', `${join(folder, MARK_FILE)} is corrupt`);
    const hasLines = Buffer.byteLength(text) === LINES * SLOT_BYTES;
    return new RevisionMark(folder, clock, last, hasLines);
  }

  get value(): Mark {
    return this.#line;
  }

  /**
   * Notes what the data have reached. An end of this process can't lose it; one of the whole machine loses what was
   * noted in the last second or so.
   */
  async note(atLeast: Revision): Promise<void> {
    if (!this.#hasLines) return;
    this.#line = { ...this.#line, atLeast, number: this.#line.number + 1 };
    try {
      await this.#writeLine();
      this.#timer ??= this.#clock.timer(SYNC_DELAY_MS, () => {
        this.#timer = undefined;
        this.#sync = this.#syncLater();
      });
    } catch (error) {
      // Of a file system that writes each change to another place. The earlier note is true as well.
      if (!isFull(error)) throw error;
    }
  }

  /**
   * Resolves once it is on disk, in both lines, so that no later note can lose it.
   * @throws Fault RESOURCE_EXHAUSTED if there is no space to make the file, or, where a file system writes each
   * change to another place, to change it.
   */
  async write(revisions: Omit<Mark, 'instance'>): Promise<void> {
    const before = this.#line;
    try {
      if (!this.#hasLines) {
        this.#line = { ...before, ...revisions };
        await this.#make();
        return;
      }
      for (let each = 0; each < LINES; each++) {
        this.#line = { ...this.#line, ...revisions, number: this.#line.number + 1 };
        await this.#writeLine();
        await this.#file?.datasync();
      }
    } catch (error) {
      this.#line = before;
      throw isFull(error) ? noSpace(join(this.#folder, MARK_FILE), error) : error;
    }
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#sync;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #writeLine(): Promise<void> {
    this.#file ??= await open(join(this.#folder, MARK_FILE), 'r+');
    const position = (this.#line.number % LINES) * SLOT_BYTES;
    await writeAt(this.#file.fd, lineOf(this.#line, LINE_BYTES), position);
  }

  /** Beside the writes that follow. A disk that fails here fails them too, and there it is told. */
  async #syncLater(): Promise<void> {
    try {
      await this.#file?.datasync();
    } catch {
      // What was noted before is true as well.
    }
  }

  /** Makes the file, or replaces it, all or nothing. */
  async #make(): Promise<void> {
    const path = join(this.#folder, MARK_FILE);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(lineOf(this.#line, SLOT_BYTES).repeat(LINES));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    const directory = await open(this.#folder, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    this.#hasLines = true;
  }
}

/** The promises of `fs/promises` cost twice the CPU, and this is done for each commit. */
function writeAt(file: number, text: string, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    write(file, text, position, 'utf8', (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** So many bytes, the last one a line break. */
function lineOf(line: Line, bytes: number): string {
  const json = JSON.stringify(line);
  return `${`${checksum(json)} ${json}`.padEnd(bytes - 1)}\n`;
}

/** @returns undefined if it is no line, or damaged. */
function parse(text: string): Line | undefined {
  const [, sum, json] = /^([0-9a-f]{8}) (.*)$/.exec(text) ?? [];
  if (sum === undefined || json === undefined || sum !== checksum(json)) return undefined;
  // The shape is ours once the sum is right.
  return { number: 0, ...(JSON.parse(json) as Mark) };
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}
