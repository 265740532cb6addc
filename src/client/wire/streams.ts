import type { ServiceError } from '@grpc/grpc-js';
import type { Api, RequestOf, ResponseOf } from '../../protocol/api.js';
import { SharedLockError } from '../errors.js';
import { backoffMs } from './backoff.js';
import type { Caller, CallerParts } from './caller.js';
import { checked } from './checked.js';
import { clientClosed, errorOf } from './faults.js';
import { manyMayListen } from './many-listeners.js';
import { Progress } from './progress.js';

/** How a watch goes on where it was cut. */
export interface Resumable<S extends keyof Api, M extends keyof Api[S], T> {
  /** 0: with the state of now. */
  request(fromRevision: number): RequestOf<S, M>;
  read(message: ResponseOf<S, M>): T | undefined;
  revisionOf(item: T): number;
  /** Whether it is a whole state, so that nothing else of its revision follows. */
  isState(item: T): boolean;
  /** What is told in place of the first item of a stream that begins anew with the state of now, since changes were missed. */
  readonly resync?: ((first: T) => readonly T[]) | undefined;
  readonly fromRevision: number;
  readonly signal: AbortSignal | undefined;
}

/** Streams of a server, that outlive connections and daemons. */
export class Streams {
  readonly #parts: CallerParts;
  readonly #caller: Caller;

  constructor(parts: CallerParts, caller: Caller) {
    this.#parts = parts;
    this.#caller = caller;
  }

  /**
   * Every item once, in order, over as many streams as it takes; where history is gone, it goes on with the state
   * of now, marked as RESYNC. Ends without an error when the signal aborts.
   * @throws SharedLockError if a daemon refuses it, or none can be reached for longer than the client's deadline.
   */
  async *watch<S extends keyof Api, M extends keyof Api[S] & string, T>(
    service: S,
    name: M,
    watch: Resumable<S, M, T>,
  ): AsyncGenerator<T, void, undefined> {
    const { clock, deadlineMs, closing } = this.#parts;
    manyMayListen(watch.signal);
    const progress = new Progress(watch.fromRevision);
    /** Since when no daemon has taken the watch; undefined: one has. */
    let downSinceMs: number | undefined;
    const taken = (): void => {
      downSinceMs = undefined;
    };
    let hasTold = false;
    for (let tries = 1; ; tries++) {
      try {
        const after = progress.resumeAfter();
        const items = this.#stream(service, name, watch, after, taken);
        for await (const item of marked(items, resyncOf(watch, after, hasTold))) {
          tries = 0;
          hasTold = true;
          if (progress.isNew(watch.revisionOf(item), watch.isState(item))) yield item;
        }
        // A daemon that ends a watch without a word is going.
      } catch (error) {
        if (isAborted(watch.signal)) return;
        if (closing.aborted) throw clientClosed();
        if (isGone(error)) progress.forget();
        else if (!isPassing(error)) throw error;
        // Not since the last event: a watch may be quiet for hours.
        downSinceMs ??= clock.now();
        if (clock.now() - downSinceMs >= deadlineMs) throw error;
      }
      if (isAborted(watch.signal)) return;
      await this.#caller.pause(tries === 0 ? 0 : backoffMs(tries), watch.signal);
    }
  }

  async *#stream<S extends keyof Api, M extends keyof Api[S] & string, T>(
    service: S,
    name: M,
    watch: Resumable<S, M, T>,
    after: number,
    taken: () => void,
  ): AsyncGenerator<T, void, undefined> {
    const { endpoints, descriptors, closing } = this.#parts;
    const { signal } = watch;
    if (closing.aborted) throw clientClosed();
    if (isAborted(signal)) return;
    const connection = endpoints.current;
    // The method's own messages, as its definition says.
    const request = watch.request(after) as object;
    const method = this.#caller.method(service, name);
    const stream = connection.serverStream(method, checked(method, request));
    // A daemon that takes a watch says so at once.
    stream.once('metadata', taken);
    const cancel = (): void => stream.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    closing.addEventListener('abort', cancel, { once: true });
    try {
      for await (const message of stream) {
        const item = watch.read(message as ResponseOf<S, M>);
        if (item !== undefined) yield item;
      }
    } catch (error) {
      // grpc-js throws nothing else out of a stream; what the consumer throws does not come here.
      const failure = errorOf(error as ServiceError, connection.address, descriptors);
      if (failure.code === 'UNAVAILABLE') endpoints.failed(connection);
      throw failure;
    } finally {
      signal?.removeEventListener('abort', cancel);
      closing.removeEventListener('abort', cancel);
      stream.cancel();
    }
  }
}

/** How to mark the first item of a stream; undefined: it need not be, since nothing was missed before it. */
function resyncOf<T>(
  { resync, fromRevision }: Pick<Resumable<never, never, T>, 'resync' | 'fromRevision'>,
  after: number,
  hasTold: boolean,
): ((first: T) => readonly T[]) | undefined {
  return after === 0 && (hasTold || fromRevision > 0) ? resync : undefined;
}

async function* marked<T>(
  items: AsyncIterable<T>,
  resync: ((first: T) => readonly T[]) | undefined,
): AsyncGenerator<T> {
  let mark = resync;
  for await (const item of items) {
    yield* mark === undefined ? [item] : mark(item);
    mark = undefined;
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** The history that was to be resumed is gone. */
function isGone(error: unknown): boolean {
  return error instanceof SharedLockError && error.reason === 'COMPACTED';
}

/** Another stream may go on. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof SharedLockError &&
    (error.code === 'UNAVAILABLE' || error.reason === 'SLOW_WATCHER')
  );
}
