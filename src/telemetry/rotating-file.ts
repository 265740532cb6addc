import type { FileHandle } from 'node:fs/promises';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../files/make-folder.js';

export interface RotatingFileOptions {
  readonly dir: string;
  /** `app.log`; rotated files are `app.log.1` (the newest), `app.log.2`, … */
  readonly name: string;
  /** No file becomes longer. */
  readonly maxBytes: number;
  /** So many rotated files are kept. */
  readonly backupCount: number;
}

/** Lines go together in one write, in about so many bytes. */
const CHUNK_BYTES = 64 * 1024;

const OWNER_WRITES_GROUP_READS = 0o640;

/** A file that lines are added to; before one that would make it too long, it is moved away and a new one is begun. */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #file: FileHandle;
  /** Of the file. Nobody else writes to it. */
  #bytes: number;

  private constructor(options: RotatingFileOptions, file: FileHandle, bytes: number) {
    this.#options = options;
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Opens the file, or makes it, and its folder. Rejects with the reason if it can't. */
  static async open(options: RotatingFileOptions): Promise<RotatingFile> {
    makeFolder(options.dir);
    const file = await openFile(options);
    try {
      return new RotatingFile(options, file, (await file.stat()).size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Adds lines, none longer than `maxBytes`. Rejects if the disk fails: some of them may be written then. */
  async write(lines: readonly string[]): Promise<void> {
    let chunk: string[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      if (bytes === 0) return;
      await this.#file.appendFile(chunk.join(''));
      this.#bytes += bytes;
      chunk = [];
      bytes = 0;
    };
    for (const line of lines) {
      const lineBytes = Buffer.byteLength(line);
      const isTooLong = this.#bytes + bytes + lineBytes > this.#options.maxBytes;
      if (isTooLong || bytes + lineBytes > CHUNK_BYTES) await flush();
      if (isTooLong) await this.#rotate();
      chunk.push(line);
      bytes += lineBytes;
    }
    await flush();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #rotate(): Promise<void> {
    const { dir, name, backupCount } = this.#options;
    const path = join(dir, name);
    await this.#file.close();
    for (let index = backupCount; index > 1; index--) {
      await renameIfThere(`${path}.${index - 1}`, `${path}.${index}`);
    }
    await renameIfThere(path, `${path}.1`);
    this.#file = await openFile(this.#options);
    this.#bytes = (await this.#file.stat()).size;
  }
}

function openFile({ dir, name }: RotatingFileOptions): Promise<FileHandle> {
  return open(join(dir, name), 'a', OWNER_WRITES_GROUP_READS);
}

/** There may be fewer files than are kept, and somebody may have moved one away. */
async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
