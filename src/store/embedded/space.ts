import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Fault } from '../../core/errors.js';

/** The disk is full, the quota is used up, or the file may not grow (RLIMIT_FSIZE). */
const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

const CHUNK_BYTES = 4 * 1024 * 1024;
const WRITE_BYTES = 256 * 1024;

/** The unit of `st_blocks`. */
const BLOCK_BYTES = 512;

/**
 * Space on disk behind the end of LMDB's data, filled with zeros before LMDB needs it.
 *
 * LMDB must not meet a full disk: a short write looks to it like any I/O error, and lmdb 3.5 writes its message
 * about a failed one into a buffer that is too small. So the file is made longer first, where it fails cleanly.
 * (On file systems that copy on write, such as btrfs, this reserves nothing; there a full disk stops the store.)
 */
export class Space {
  readonly #path: string;
  /** The file has this many bytes, all of them really there. */
  #allocatedBytes = 0;

  constructor(path: string) {
    this.#path = path;
    // What an earlier process has filled is there still; a file with holes is not to be relied on.
    const { size, blocks } = statSync(path);
    if (blocks * BLOCK_BYTES >= size) this.#allocatedBytes = size;
  }

  /** So long the file is, as far as it is really there. */
  get bytes(): number {
    return this.#allocatedBytes;
  }

  /**
   * Makes the file at least `bytes` long. Writes nothing before `usedBytes`, where LMDB's data end.
   * @throws Fault RESOURCE_EXHAUSTED if there is no space for that. Other errors are the file system's.
   */
  async ensure(bytes: number, usedBytes: number): Promise<void> {
    this.#allocatedBytes = Math.max(this.#allocatedBytes, usedBytes);
    if (bytes <= this.#allocatedBytes) return;
    try {
      await this.#extend(Math.ceil(bytes / CHUNK_BYTES) * CHUNK_BYTES);
    } catch (error) {
      if (!isFull(error)) throw error;
      // The chunk may have failed where what is needed now fits.
      if (bytes > this.#allocatedBytes) throw noSpace(this.#path, error);
    }
  }

  async #extend(untilBytes: number): Promise<void> {
    const file = await open(this.#path, 'r+');
    try {
      const zeros = Buffer.alloc(WRITE_BYTES);
      let position = this.#allocatedBytes;
      try {
        while (position < untilBytes) {
          const length = Math.min(WRITE_BYTES, untilBytes - position);
          const { bytesWritten } = await file.write(zeros, 0, length, position);
          position += bytesWritten;
        }
      } finally {
        // Some file systems find out only here that there is no space.
        await file.datasync();
        this.#allocatedBytes = position;
      }
    } finally {
      await file.close();
    }
  }
}

/** Whether an error of the file system says that there is no space. */
export function isFull(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    FULL_CODES.has(error.code)
  );
}

export function noSpace(path: string, cause: unknown): Fault {
  return new Fault(
    'RESOURCE_EXHAUSTED',
    `no space left to write ${path}: free some on its disk; nothing was written`,
    { reason: 'DISK_FULL', retryAfterMs: 1000 },
    cause,
  );
}
