import type { Clock } from '../../clock/clock.js';
import type { Api, RequestOf, ResponseOf } from '../../protocol/api.js';
import type { CallMethod } from '../../protocol/call-descriptors.js';
import { SharedLockError } from '../errors.js';
import { TokenUse } from '../tokens/token-use.js';
import { backoffMs } from './backoff.js';
import type { Caller, CallerParts } from './caller.js';
import { checked } from './checked.js';
import { clientClosed, mayRepeat } from './faults.js';
import { Hope } from './hope.js';
import type { Pool } from './pool.js';
import { Progress } from './progress.js';
import { ServerStream } from './server-stream.js';

/** A stream that is cut earlier may be cut again and again: another one begins after a pause, which grows. */
const STEADY_MS = 1000;

type Resync<Message> = (first: Message) => readonly Message[];

/** How a watch goes on where it was cut. */
export interface Resumable<S extends keyof Api, M extends keyof Api[S], T> {
  /** 0: with the state of now. */
  request(fromRevision: number): RequestOf<S, M>;
  read(message: ResponseOf<S, M>): T | undefined;
  revisionOf(item: T): number;
  /** Whether it is a whole state, so that nothing else of its revision follows. */
  isState(item: T): boolean;
  /** What stands for the first message of a stream that begins anew with the state of now, since changes were missed. */
  readonly resync?: Resync<ResponseOf<S, M>> | undefined;
  readonly fromRevision: number;
  readonly signal: AbortSignal | undefined;
}

/** One stream of a watch. */
interface Opening {
  readonly pool: Pool;
  readonly method: CallMethod;
  /** The revision that it goes on after; 0: it begins with the state of now. */
  readonly after: number;
  /** Is called when the daemon has taken it. */
  readonly taken: () => void;
  readonly tokenUse: TokenUse;
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
    const { clock, deadlineMs, closing, endpoints, heard, tokens } = this.#parts;
    const method = this.#caller.method(service, name);
    const progress = new Progress(watch.fromRevision);
    const tokenUse = new TokenUse(clock, tokens);
    const outage = new Outage(clock, deadlineMs, endpoints.count);
    let takenAtMs: number;
    const taken = (): void => {
      takenAtMs = clock.now();
      outage.end();
    };
    let hasTold = false;
    for (let tries = 1; ; tries++) {
      const pool = endpoints.current;
      takenAtMs = Infinity;
      try {
        const after = progress.resumeAfter();
        const opening = { pool, method, after, taken, tokenUse };
        const messages = this.#stream(watch, opening);
        const told = toldOf(messages, watch, resyncOf(watch, after, hasTold));
        for await (const { message, item } of told) {
          hasTold = true;
          if (!progress.isNew(watch.revisionOf(item), watch.isState(item))) continue;
          heard?.(method, message as object); // as its definition says
          yield item;
        }
        // A daemon that ends a watch without a word is going.
        endpoints.failed(pool);
      } catch (thrown) {
        if (isAborted(watch.signal)) return;
        if (closing.aborted) throw clientClosed();
        const error = await tokenUse.leaves(thrown as Error, this.#caller.silenceMs);
        if (error === undefined) continue;
        if (!isPassing(error)) throw error;
        if (isGone(error)) progress.forget();
        if (outage.isTooLong(pool, error)) throw error;
      }
      if (isAborted(watch.signal)) return;
      if (clock.now() - takenAtMs >= STEADY_MS) tries = 0;
      await this.#caller.pause(tries === 0 ? 0 : backoffMs(tries), watch.signal);
    }
  }

  async *#stream<S extends keyof Api, M extends keyof Api[S] & string, T>(
    watch: Resumable<S, M, T>,
    { pool, method, after, taken, tokenUse }: Opening,
  ): AsyncGenerator<ResponseOf<S, M>, void, undefined> {
    const { endpoints } = this.#parts;
    const { signal } = watch;
    // The method's own messages, as its definition says.
    const request = checked(method, watch.request(after) as object);
    const { silenceMs } = this.#caller;
    try {
      const token = await this.#caller.token(tokenUse, silenceMs, signal);
      const place = await this.#caller.place(pool, 'watch', silenceMs, signal);
      const asked = { method, request, token, silenceMs, taken };
      const stream = new ServerStream(this.#parts, place, asked);
      for await (const message of stream.messages(signal)) yield message as ResponseOf<S, M>;
    } catch (error) {
      if (mayRepeat(error)) endpoints.failed(pool);
      throw error;
    }
  }
}

/** A time in which no daemon takes a watch. */
class Outage {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #hope: Hope;
  #sinceMs: number | undefined;

  constructor(clock: Clock, limitMs: number, daemons: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#hope = new Hope(daemons);
  }

  /** A daemon has taken the watch. */
  end(): void {
    this.#sinceMs = undefined;
  }

  /** Since the first failure, not since the last event: a watch may be quiet for hours. */
  isTooLong(pool: Pool, error: SharedLockError): boolean {
    this.#sinceMs ??= this.#clock.now();
    return this.#hope.isLost(pool, error) || this.#clock.now() - this.#sinceMs >= this.#limitMs;
  }
}

/** How to mark the first message of a stream; undefined: it need not be, since nothing was missed before it. */
function resyncOf<Message>(
  { resync, fromRevision }: { resync?: Resync<Message> | undefined; readonly fromRevision: number },
  after: number,
  hasTold: boolean,
): Resync<Message> | undefined {
  return after === 0 && (hasTold || fromRevision > 0) ? resync : undefined;
}

/** What messages say, those left out that say nothing to this client. The first of the others is marked. */
async function* toldOf<Message, T>(
  messages: AsyncIterable<Message>,
  watch: { read(message: Message): T | undefined },
  resync: Resync<Message> | undefined,
): AsyncGenerator<{ readonly message: Message; readonly item: T }, void, undefined> {
  let mark = resync;
  for await (const first of messages) {
    for (const message of mark?.(first) ?? [first]) {
      const item = watch.read(message);
      if (item === undefined) continue;
      mark = undefined;
      yield { message, item };
    }
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** The history that was to be resumed is gone. */
function isGone(error: SharedLockError): boolean {
  return error.reason === 'COMPACTED';
}

/** Another stream may go on. */
function isPassing(error: unknown): error is SharedLockError {
  return (
    mayRepeat(error) ||
    (error instanceof SharedLockError && (error.reason === 'SLOW_WATCHER' || isGone(error)))
  );
}
