import { write, writeSync } from 'node:fs';
import type { LineOutput } from './line-output.js';

/** Lines wait for a slow reader up to so many bytes; further ones are dropped. */
const BUFFER_BYTES = 16 * 1024 * 1024;

/** Lines go together in one write, in about so many characters. */
const CHUNK_CHARACTERS = 64 * 1024;

/** How long the end waits for a reader that takes nothing. */
const CLOSE_MS = 1000;

/** A reader that takes nothing is tried again after this, */
const RETRY_MS = 100;
/** and, when all is written at once, so often. */
const MAX_RETRIES = 10;

/**
 * Standard output: written in the background and in order, so that a slow reader holds up nobody, nor the end of
 * the process. The library that pino brings for this tries for ever at the end of the process.
 */
export class StandardOutput implements LineOutput {
  readonly #fd: number;
  /** Whole lines, joined to chunks. */
  #waiting: string[] = [];
  /** What is being written, or is to be tried again. */
  #current: Buffer = Buffer.alloc(0);
  /** Of both. */
  #bytes = 0;
  #isInFlight = false;
  #retry: NodeJS.Timeout | undefined;
  /** Whoever read it has gone. */
  #isUnread = false;
  readonly #idle = new Set<() => void>();

  /** @param fd another file descriptor than that of standard output, for tests. */
  constructor(fd = 1) {
    this.#fd = fd;
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#isUnread || this.#bytes + bytes > BUFFER_BYTES) return;
    this.#bytes += bytes;
    const last = this.#waiting.length - 1;
    const chunk = this.#waiting[last];
    if (chunk === undefined || chunk.length + line.length > CHUNK_CHARACTERS) {
      this.#waiting.push(line);
    } else {
      this.#waiting[last] = chunk + line;
    }
    if (!this.#isInFlight && this.#retry === undefined) this.#writeSome();
  }

  /** What is being written in the background at this moment may come after it. */
  flushSync(): void {
    this.#stopRetrying();
    const taken = this.#isInFlight ? [] : [this.#current];
    const all = Buffer.concat([...taken, Buffer.from(this.#waiting.join(''))]);
    this.#waiting = [];
    this.#bytes -= all.length;
    if (!this.#isInFlight) this.#current = Buffer.alloc(0);
    writeNow(this.#fd, all);
    if (!this.#isInFlight) this.#tellIdle();
  }

  /** Not by `flushSync`: that overtakes what is being written, and waits for the disk where the output is a file. */
  close(): Promise<void> {
    if (this.#bytes === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#idle.delete(done);
        resolve();
      };
      const timer = setTimeout(() => {
        // It would keep the process alive.
        this.#stopRetrying();
        done();
      }, CLOSE_MS);
      this.#idle.add(done);
    });
  }

  #writeSome(): void {
    this.#retry = undefined;
    if (this.#current.length === 0) this.#current = Buffer.from(this.#waiting.shift() ?? '');
    if (this.#current.length === 0) {
      this.#tellIdle();
      return;
    }
    this.#isInFlight = true;
    write(this.#fd, this.#current, (error, written) => {
      this.#isInFlight = false;
      this.#wrote(error, written);
    });
  }

  #wrote(error: NodeJS.ErrnoException | null, written: number): void {
    if (error !== null && isBusy(error)) {
      this.#retry = setTimeout(() => {
        this.#writeSome();
      }, RETRY_MS);
      return;
    }
    if (error?.code === 'EPIPE') {
      this.#isUnread = true;
      this.#waiting = [];
      this.#bytes = this.#current.length;
    }
    // A full disk, for example, costs these lines; the next ones are tried.
    const done = error === null ? written : this.#current.length;
    this.#bytes -= done;
    this.#current = this.#current.subarray(done);
    this.#writeSome();
  }

  #stopRetrying(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #tellIdle(): void {
    for (const done of this.#idle) done();
  }
}

/** Gives up when the reader takes nothing for a second, or is gone: there is nobody left to tell. */
function writeNow(fd: number, all: Buffer): void {
  let left = all;
  for (let retries = MAX_RETRIES; left.length > 0;) {
    try {
      left = left.subarray(writeSync(fd, left));
    } catch (error) {
      if (!(error instanceof Error && isBusy(error)) || retries-- === 0) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

function isBusy(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EAGAIN' || error.code === 'EBUSY';
}
