import { join } from 'node:path';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { makeFolder } from '../files/make-folder.js';

export interface LogFileOptions {
  readonly dir: string;
  /** `app.log`; rotated files are `app.log.1` (the newest), `app.log.2`, … */
  readonly name: string;
  readonly maxBytes: number;
  readonly backupCount: number;
  /** Lines wait for the disk up to so many bytes; further ones are dropped. Default 8 MiB. */
  readonly bufferBytes?: number;
  /** How long after a failure the file is opened again. Default 30 s. */
  readonly retryMs?: number;
  /** Told of each failure, and of its end. */
  readonly report: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

type State =
  | { readonly kind: 'open'; readonly stream: RotatingFileStream }
  /** The disk failed: lines are dropped until the next attempt. */
  | { readonly kind: 'failed'; readonly retry: NodeJS.Timeout }
  /** What was written goes to its file, and then another one is opened: lines wait. */
  | { readonly kind: 'reopening'; readonly waiting: string[]; bytes: number }
  | { readonly kind: 'closed' };

const BUFFER_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 30_000;

/** A log file that is rotated by size. A disk that fails or is slow costs lines, never the daemon. */
export class LogFile {
  readonly #options: LogFileOptions;
  #state: State;
  #dropped = 0;
  #reopened: Promise<void> | undefined;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#state = this.#open();
  }

  write(line: string): void {
    const limit = this.#options.bufferBytes ?? BUFFER_BYTES;
    if (this.#state.kind === 'reopening' && this.#state.bytes <= limit) {
      this.#state.bytes += Buffer.byteLength(line);
      this.#state.waiting.push(line);
      return;
    }
    if (this.#state.kind !== 'open' || this.#state.stream.writableLength > limit) {
      this.#dropped += 1;
      return;
    }
    this.#state.stream.write(line);
    if (this.#dropped > 0) this.#reportDropped();
  }

  /** Opens the file by its name again: somebody else has moved it away. One that failed is tried at once. */
  reopen(): void {
    this.#reopened ??= this.#reopen().finally(() => {
      this.#reopened = undefined;
    });
  }

  /** Writes what is left, and closes the file. */
  async close(): Promise<void> {
    await this.#reopened;
    const state = this.#state;
    this.#state = { kind: 'closed' };
    if (state.kind === 'failed') clearTimeout(state.retry);
    if (state.kind === 'open') await finish(state.stream);
  }

  async #reopen(): Promise<void> {
    const state = this.#state;
    if (state.kind === 'failed') clearTimeout(state.retry);
    else if (state.kind !== 'open') return;
    const waiting: string[] = [];
    this.#state = { kind: 'reopening', waiting, bytes: 0 };
    if (state.kind === 'open') await finish(state.stream);
    this.#state = this.#open();
    for (const line of waiting) this.write(line);
  }

  #open(): State {
    const { dir, name, maxBytes, backupCount } = this.#options;
    try {
      makeFolder(dir);
    } catch (error) {
      // The stream would make the folder in its own way, which can take for ever: see makeFolder.
      return this.#failed(error);
    }
    // In this mode the generator is given the number of a rotated file, or null for the one written to.
    const naming = (index: number | Date | null): string =>
      index === null ? name : `${name}.${String(index)}`;
    const stream = createStream(naming, {
      path: join(dir, '/'),
      size: `${maxBytes}B`,
      rotate: backupCount,
      mode: 0o640,
    });
    stream.on('error', (error) => {
      if (this.#state.kind === 'open') this.#state = this.#failed(error);
    });
    return { kind: 'open', stream };
  }

  #failed(error: unknown): State {
    const { report, name, dir, retryMs } = this.#options;
    const retry = setTimeout(() => {
      this.#state = this.#open();
    }, retryMs ?? RETRY_MS);
    retry.unref();
    // A stack would say nothing that the folder or file at fault does not.
    report('a log file failed; its lines are dropped until it works again', {
      file: join(dir, name),
      reason: error instanceof Error ? error.message : String(error),
    });
    return { kind: 'failed', retry };
  }

  #reportDropped(): void {
    const { report, dir, name } = this.#options;
    report('lines of a log file were dropped', { file: join(dir, name), lines: this.#dropped });
    this.#dropped = 0;
  }
}

async function finish(stream: RotatingFileStream): Promise<void> {
  if (stream.destroyed) return;
  await new Promise<void>((resolve) => {
    stream.once('close', resolve).once('error', () => {
      resolve();
    });
    stream.end();
  });
}
