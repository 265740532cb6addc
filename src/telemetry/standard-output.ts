import { destination } from 'pino';
import type { LineOutput } from './line-output.js';

/** Lines wait for a slow reader up to so many bytes; further ones are dropped. */
const BUFFER_BYTES = 16 * 1024 * 1024;

/** How long the end waits for a reader that takes nothing. */
const CLOSE_MS = 1000;

/** How often a write at once is tried again, each after 100 ms, while the reader takes nothing. */
const MAX_RETRIES = 10;

/** Standard output: written in the background and in order, so that a slow reader holds up nobody. */
export class StandardOutput implements LineOutput {
  readonly #stream: ReturnType<typeof destination>;
  #isIdle = true;
  #retriesLeft = Infinity;

  /** @param fd another file descriptor than that of standard output, for tests. */
  constructor(fd = 1) {
    this.#stream = destination({
      dest: fd,
      sync: false,
      maxLength: BUFFER_BYTES,
      retryEAGAIN: () => this.#retriesLeft-- > 0,
    });
    this.#stream.on('drain', () => {
      this.#isIdle = true;
    });
    // Whoever read our output has gone: there is nobody left to tell.
    this.#stream.on('error', () => {
      this.#isIdle = true;
    });
  }

  write(line: string): void {
    this.#isIdle = false;
    this.#stream.write(line);
  }

  flushSync(): void {
    this.#retriesLeft = MAX_RETRIES;
    try {
      this.#stream.flushSync();
    } catch {
      // Closed by the reader, or not read: see above.
    } finally {
      this.#retriesLeft = Infinity;
    }
  }

  /**
   * Waits until all is written. Not by `flushSync`: that overtakes what is being written in the background, and
   * waits for the disk where the output is a file.
   */
  close(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, CLOSE_MS);
      this.#stream.once('drain', done).once('error', done);
    });
  }
}
