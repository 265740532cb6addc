import type { Readable } from 'node:stream';

/** Requests that are read ahead of who takes them; then the caller has to wait. */
const MAX_AHEAD = 16;

/**
 * The requests of a stream, until the caller ends it or the signal aborts. It throws the error that the stream ends
 * with, unless the signal aborted. Nothing is kept of what was taken, however long the stream lives.
 */
export async function* requestsOf<T>(call: Readable, signal: AbortSignal): AsyncGenerator<T> {
  const reader = new Reader<T>(call);
  const stop = (): void => reader.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for (;;) {
      const next = await reader.next();
      if (next === undefined) break;
      yield next;
    }
    if (reader.error !== undefined) throw reader.error;
  } finally {
    signal.removeEventListener('abort', stop);
    // The answers go out on the same stream: it is not destroyed.
    reader.stop();
  }
}

class Reader<T> {
  readonly #call: Readable;
  readonly #ahead: T[] = [];
  #isOver = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(call: Readable) {
    this.#call = call;
    call.on('data', this.#take);
    call.on('end', this.#end);
    call.on('close', this.#end);
    call.on('error', this.#fail);
  }

  get error(): Error | undefined {
    return this.#error;
  }

  /** Undefined at the end. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const next = this.#ahead.shift();
      if (next !== undefined) {
        if (this.#ahead.length === 0 && this.#call.isPaused()) this.#call.resume();
        return next;
      }
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Drops what was not taken. What still comes is not read, so that the caller has to wait. */
  stop(): void {
    this.#call.off('data', this.#take);
    this.#call.off('end', this.#end);
    this.#call.off('close', this.#end);
    this.#call.off('error', this.#fail);
    this.#call.pause();
    this.#ahead.length = 0;
    this.#end();
  }

  readonly #take = (request: T): void => {
    this.#ahead.push(request);
    if (this.#ahead.length >= MAX_AHEAD) this.#call.pause();
    this.#wake();
  };

  readonly #end = (): void => {
    this.#isOver = true;
    this.#wake();
  };

  readonly #fail = (error: Error): void => {
    this.#error = error;
    this.#end();
  };
}
