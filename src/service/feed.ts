/** What a waiting item costs. */
export interface Weight {
  readonly items: number;
  readonly bytes: number;
}

const ONE: Weight = { items: 1, bytes: 0 };

/**
 * A bounded queue between a producer that can't wait (a store's watch) and a consumer that may be slow
 * (a stream to a client). Beyond its capacity it ends, by the error that `overflow` makes when the consumer has got all
 * that was kept.
 */
export class Feed<T> implements AsyncIterable<T> {
  readonly #capacity: Weight;
  readonly #overflow: () => Error;
  readonly #onEnd: () => void;
  #waiting: { readonly item: T; readonly weight: Weight }[] = [];
  #items = 0;
  #bytes = 0;
  #wake: (() => void) | undefined;
  #end: { readonly error: (() => Error) | undefined } | undefined;

  /** `capacity`: items, or items and bytes. `onEnd` is called once, when nothing more will be delivered or wanted. */
  constructor(capacity: number | Weight, overflow: () => Error, onEnd: () => void) {
    this.#capacity = typeof capacity === 'number' ? { items: capacity, bytes: Infinity } : capacity;
    this.#overflow = overflow;
    this.#onEnd = onEnd;
  }

  /** Ignored after the end. What is too large for the whole queue fits if nothing else waits: else nobody could ever pass it. */
  push(item: T, weight = ONE): void {
    if (this.#end !== undefined) return;
    const items = this.#items + weight.items;
    const bytes = this.#bytes + weight.bytes;
    const isFull = items > this.#capacity.items || bytes > this.#capacity.bytes;
    if (isFull && this.#waiting.length > 0) {
      this.#endBy(this.#overflow);
      return;
    }
    [this.#items, this.#bytes] = [items, bytes];
    this.#waiting.push({ item, weight });
    this.#wake?.();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
    this.#items = 0;
    this.#bytes = 0;
  }

  /** What was pushed is still delivered, then the error, if any, is thrown. Idempotent. */
  end(error?: Error): void {
    this.#endBy(error === undefined ? undefined : () => error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          this.#items -= next.weight.items;
          this.#bytes -= next.weight.bytes;
          yield next.item;
        } else if (this.#end !== undefined) break;
        else await this.#nextPush();
      }
      if (this.#end.error !== undefined) throw this.#end.error();
    } finally {
      this.end();
    }
  }

  #endBy(error: (() => Error) | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#onEnd();
    this.#wake?.();
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
