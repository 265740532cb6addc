/**
 * A bounded queue between a producer that can't wait (a store's watch) and a consumer that may be slow
 * (a stream to a client). Beyond `capacity` unread items it ends, by the error that `overflow` makes of the
 * last item that the consumer will still get.
 */
export class Feed<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #overflow: (lastKept: T | undefined) => Error;
  readonly #onEnd: () => void;
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;
  #end: { readonly error: Error | undefined } | undefined;

  /** `onEnd` is called once, when nothing more will be delivered or wanted. */
  constructor(capacity: number, overflow: (lastKept: T | undefined) => Error, onEnd: () => void) {
    this.#capacity = capacity;
    this.#overflow = overflow;
    this.#onEnd = onEnd;
  }

  /** Ignored after the end. */
  push(item: T): void {
    if (this.#end !== undefined) return;
    if (this.#items.length >= this.#capacity) this.end(this.#overflow(this.#items.at(-1)));
    else this.#items.push(item);
    this.#wake?.();
  }

  /** What was pushed is still delivered, then the error, if any, is thrown. Idempotent. */
  end(error?: Error): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#onEnd();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        const item = this.#items.shift();
        if (item !== undefined) yield item;
        else if (this.#end !== undefined) break;
        else await this.#nextPush();
      }
      if (this.#end.error !== undefined) throw this.#end.error;
    } finally {
      this.end();
    }
  }

  #nextPush(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
