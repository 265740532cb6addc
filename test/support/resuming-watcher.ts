import { Progress } from '../../src/client/wire/progress.js';
import { isFault } from '../../src/core/errors.js';
import type { Caller } from '../../src/service/caller.js';
import { caller } from './services.js';
import { failIf, WatchChecker } from './watch-checker.js';
import type { Lines, Told } from './watch-truth.js';

export interface Resumed<E> {
  /** Opens the watch at a daemon. */
  open(fromRevision: number, by: Caller): Promise<AsyncIterable<E>>;
  readonly lines: Lines<E>;
  revisionOf(event: E): number;
  isState(event: E): boolean;
}

/**
 * Watches as the client library does, over streams that end after one new message each: after every single one it resumes. Where
 * a daemon says that the history is gone, it begins with the state of now.
 */
export class ResumingWatcher<E extends object> {
  readonly told: Told[] = [];
  streams = 0;
  readonly #watch: Resumed<E>;
  readonly #checker = new WatchChecker();
  readonly #progress = new Progress(0);
  readonly #done: Promise<void>;
  readonly #left = new AbortController();
  /** New messages of a stream before it is cut. */
  readonly #perStream: number;

  constructor(watch: Resumed<E>, perStream = 1) {
    this.#watch = watch;
    this.#perStream = perStream;
    this.#done = this.#run();
    // It is told by `leave`.
    this.#done.catch(() => undefined);
  }

  /** The newest revision up to which all is told. */
  get revision(): number {
    return this.told.at(-1)?.revision ?? 0;
  }

  /** @throws what a stream ended with, but a lost history. */
  async leave(): Promise<void> {
    this.#left.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#left.signal.aborted) {
      try {
        await this.#stream();
      } catch (error) {
        if (isFault(error, 'OUT_OF_RANGE')) this.#progress.forget();
        else if (!isFault(error, 'UNAVAILABLE')) throw error;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #stream(): Promise<void> {
    this.streams++;
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    this.#left.signal.addEventListener('abort', leave, { once: true });
    let count = 0;
    try {
      const after = this.#progress.resumeAfter();
      let isFirst = after === 0;
      for await (const event of await this.#watch.open(after, caller(gone.signal))) {
        const isNew = this.#progress.isNew(
          this.#watch.revisionOf(event),
          this.#watch.isState(event),
        );
        const told = isNew ? this.#watch.lines.told(event, isFirst) : undefined;
        if (isNew) failIf(this.#checker.see(event));
        isFirst = false;
        if (told === undefined) continue;
        this.told.push(told);
        if (++count >= this.#perStream) break;
      }
    } finally {
      gone.abort();
      this.#left.signal.removeEventListener('abort', leave);
    }
  }
}
