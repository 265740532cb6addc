import { join } from 'node:path';
import { RotatingFile, type RotatingFileOptions } from './rotating-file.js';

export interface LogFileOptions extends RotatingFileOptions {
  /** Lines wait for the disk up to so many bytes; further ones are dropped. Default 8 MiB. */
  readonly bufferBytes?: number;
  /** How long after a failure the file is opened again. Default 30 s. */
  readonly retryMs?: number;
  /** Told of each failure, and of its end. */
  readonly report: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

type State =
  | { readonly kind: 'open' }
  /** The disk failed: lines are dropped until the next attempt. */
  | { readonly kind: 'failed'; readonly retry: NodeJS.Timeout }
  | { readonly kind: 'closed' };

/** Lines that wait for the disk together. */
interface Batch {
  /** First the file is opened anew. */
  readonly opens: boolean;
  readonly lines: string[];
  bytes: number;
}

const BUFFER_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 30_000;

/** A log file that is rotated by size. A disk that fails or is slow costs lines, never the daemon. */
export class LogFile {
  readonly #options: LogFileOptions;
  #state: State = { kind: 'open' };
  #file: RotatingFile | undefined;
  readonly #batches: Batch[] = [];
  /** Of all lines that are not on the disk. */
  #bytes = 0;
  #dropped = 0;
  #work: Promise<void> | undefined;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#open();
  }

  /** A line that is longer than a file may be is dropped. */
  write(line: string): void {
    const { bufferBytes = BUFFER_BYTES, maxBytes } = this.#options;
    const bytes = Buffer.byteLength(line);
    if (this.#state.kind !== 'open' || this.#bytes > bufferBytes || bytes > maxBytes) {
      this.#dropped += 1;
      return;
    }
    const batch = this.#batches.at(-1) ?? this.#append(false);
    batch.lines.push(line);
    batch.bytes += bytes;
    this.#bytes += bytes;
    this.#begin();
    if (this.#dropped > 0) this.#reportDropped();
  }

  /** Opens the file by its name again: somebody else has moved it away. One that failed is tried at once. */
  reopen(): void {
    if (this.#state.kind === 'closed') return;
    if (this.#state.kind === 'failed') clearTimeout(this.#state.retry);
    this.#open();
  }

  /** Writes what is left, and closes the file. Never rejects. */
  async close(): Promise<void> {
    if (this.#state.kind === 'failed') clearTimeout(this.#state.retry);
    this.#state = { kind: 'closed' };
    await this.#work;
    // Of a disk that failed it was told that lines are dropped.
    const works = this.#file !== undefined;
    await this.#closeFile().catch(() => undefined);
    if (works && this.#dropped > 0) this.#reportDropped();
  }

  #open(): void {
    this.#state = { kind: 'open' };
    const last = this.#batches.at(-1);
    if (last?.opens !== true || last.lines.length > 0) this.#append(true);
    this.#begin();
  }

  #append(opens: boolean): Batch {
    const batch: Batch = { opens, lines: [], bytes: 0 };
    this.#batches.push(batch);
    return batch;
  }

  #begin(): void {
    this.#work ??= this.#workOff().finally(() => {
      this.#work = undefined;
    });
  }

  /** Never rejects. */
  async #workOff(): Promise<void> {
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      try {
        await this.#write(batch);
      } catch (error) {
        await this.#fail(error, batch);
      }
      this.#bytes -= batch.bytes;
    }
  }

  async #write({ opens, lines }: Batch): Promise<void> {
    if (opens) {
      await this.#closeFile();
      this.#file = await RotatingFile.open(this.#options);
    }
    await this.#file?.write(lines);
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** What waits is dropped with it, but for what is to be written to a file that is opened anew. */
  async #fail(error: unknown, batch: Batch): Promise<void> {
    const { report, name, dir, retryMs } = this.#options;
    this.#dropped += batch.lines.length;
    // A stack would say nothing that the folder or file at fault does not.
    report('a log file failed; its lines are dropped until it works again', {
      file: join(dir, name),
      reason: error instanceof Error ? error.message : String(error),
    });
    await this.#closeFile().catch(() => undefined);
    for (let next = this.#batches[0]; next?.opens === false; next = this.#batches[0]) {
      this.#batches.shift();
      this.#dropped += next.lines.length;
      this.#bytes -= next.bytes;
    }
    if (this.#state.kind !== 'open' || this.#batches.length > 0) return;
    const retry = setTimeout(() => {
      this.#open();
    }, retryMs ?? RETRY_MS);
    retry.unref();
    this.#state = { kind: 'failed', retry };
  }

  #reportDropped(): void {
    const { report, dir, name } = this.#options;
    report('lines of a log file were dropped', { file: join(dir, name), lines: this.#dropped });
    this.#dropped = 0;
  }
}
