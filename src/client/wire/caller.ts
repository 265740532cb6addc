import { sleep } from '../../clock/clock.js';
import type { Clock } from '../../clock/clock.js';
import type { StayAlive } from '../../clock/stay-alive.js';
import type { Api, RequestOf, ResponseOf } from '../../protocol/api.js';
import type { CallDescriptors, CallMethod } from '../../protocol/call-descriptors.js';
import type { SharedLockError } from '../errors.js';
import type { TokenSource } from '../tokens/token-source.js';
import { TokenUse } from '../tokens/token-use.js';
import { backoffMs } from './backoff.js';
import { checked } from './checked.js';
import type { Endpoints } from './endpoints.js';
import { clientClosed, mayRepeat, reasonOf } from './faults.js';
import { Hope } from './hope.js';
import { linked } from './linked.js';
import { OneCall } from './one-call.js';
import type { CallKind, Place } from './place.js';
import type { Pool } from './pool.js';
import { unlessAborted } from './unless-aborted.js';

/** One daemon may be silent for so much of a call's time before another is asked. */
const SHARE_OF_A_TRY = 1 / 3;

export interface UnaryOptions {
  /** For all tries together. Default: the client's. */
  readonly deadlineMs?: number;
  /** For one try. Default: a third of the whole; a daemon that keeps a waiter has to have all of it. */
  readonly tryMs?: number;
  readonly signal?: AbortSignal | undefined;
}

interface OneTry {
  readonly method: CallMethod;
  readonly make: () => object;
  /** Says who calls. */
  readonly token: string | undefined;
  /** From when it is sent; it may have to wait for a place before. */
  readonly timeoutMs: number;
  /** When the call is over. */
  readonly endsAtMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Is told each answer of a call, and each message of a watch just before what it says is told, as the API has them. */
export type Heard = (method: CallMethod, message: object) => void;

export interface CallerParts {
  readonly clock: Clock;
  readonly descriptors: CallDescriptors;
  readonly endpoints: Endpoints;
  readonly deadlineMs: number;
  readonly stayAlive: StayAlive;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
  readonly heard?: Heard | undefined;
  /** What says who calls; absent: nothing does, but maybe a certificate. */
  readonly tokens?: TokenSource | undefined;
}

/**
 * Calls methods, at another daemon or again where one can't be reached, with pauses, until the call's time is over.
 * So every request that is sent this way must be one that may arrive twice: a read, one that ends or renews
 * something, or one with a `request_id`, which stays the same over all tries.
 */
export class Caller {
  readonly #parts: CallerParts;

  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  /** @throws TypeError if there is no such method: a defect. */
  method<S extends keyof Api>(service: S, name: keyof Api[S] & string): CallMethod {
    return this.#parts.descriptors.method(`/sharedlock.v1.${service}/${name}`);
  }

  /**
   * @param request for each try: it may depend on the time that is left.
   * @throws SharedLockError, INVALID_ARGUMENT also for an integer that does not fit its field; the reason of the signal if that aborts.
   */
  async unary<S extends keyof Api, M extends keyof Api[S] & string>(
    service: S,
    name: M,
    request: RequestOf<S, M> | (() => RequestOf<S, M>),
    options: UnaryOptions = {},
  ): Promise<ResponseOf<S, M>> {
    const { clock, endpoints, stayAlive, heard } = this.#parts;
    const {
      deadlineMs = this.#parts.deadlineMs,
      tryMs = deadlineMs * SHARE_OF_A_TRY,
      signal,
    } = options;
    const method = this.method(service, name);
    // The method's own messages, as its definition says; none of them is a function.
    const make = (typeof request === 'function' ? request : () => request) as () => object;
    const endsAtMs = clock.now() + deadlineMs;
    const leftMs = (): number => endsAtMs - clock.now();
    const tokenUse = new TokenUse(clock, this.#parts.tokens);
    let failure: SharedLockError | undefined;
    const hope = new Hope(endpoints.count);
    const release = stayAlive.need();
    try {
      for (let tries = 1; ; tries++) {
        const pool = endpoints.current;
        try {
          const token = await this.token(tokenUse, leftMs(), signal);
          const timeoutMs = Math.min(tryMs, leftMs());
          const one = { method, make, token, timeoutMs, endsAtMs, signal };
          const response = await this.#once(pool, one);
          heard?.(method, response);
          return response as ResponseOf<S, M>;
        } catch (thrown) {
          if (this.#isStopped(signal)) throw thrown;
          const error = await this.#unlessStopped(
            tokenUse.leaves(thrown as Error, leftMs()),
            signal,
          );
          if (error === undefined) continue;
          if (!mayRepeat(error)) throw error;
          failure = moreTelling(failure, error);
          if (hope.isLost(pool, error)) throw failure;
          // First all daemons, then pauses.
          const pauseMs = tries < endpoints.count ? 0 : backoffMs(tries - endpoints.count + 1);
          if (clock.now() + pauseMs >= endsAtMs) throw failure;
          await this.pause(pauseMs, signal);
          signal?.throwIfAborted();
        }
      }
    } finally {
      release();
    }
  }

  /** Sleeps, and keeps the process alive meanwhile. Ends as soon as the signal aborts, or the client closes. */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    const { clock, closing, stayAlive } = this.#parts;
    const release = stayAlive.need();
    using stop = linked(signal, closing);
    await sleep(clock, ms, stop.signal);
    release();
  }

  /** What is shown with the next try; undefined: nothing. @throws as `TokenUse.next`; else as `place`. */
  async token(use: TokenUse, limitMs: number, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#parts.tokens === undefined) return undefined;
    return this.#unlessStopped(use.next(limitMs), signal);
  }

  async #unlessStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    using stop = linked(signal, this.#parts.closing);
    try {
      return await unlessAborted(work, stop.signal, () => undefined);
    } catch (error) {
      throw this.#isStopped(undefined) ? clientClosed() : error;
    }
  }

  /** Room for one call. @throws as `Pool.wait`, SharedLockError CANCELLED if the client closes. */
  async place(pool: Pool, kind: CallKind, limitMs: number, signal?: AbortSignal): Promise<Place> {
    const { closing } = this.#parts;
    if (closing.aborted) throw clientClosed();
    signal?.throwIfAborted();
    const place = pool.enter(kind);
    if (place !== undefined) return place;
    using stop = linked(signal, closing);
    try {
      return await pool.wait(kind, limitMs, stop.signal);
    } catch (error) {
      throw this.#isStopped(undefined) ? clientClosed() : error;
    }
  }

  /** How long a daemon may take to say that it has taken a call. */
  get silenceMs(): number {
    return this.#parts.deadlineMs * SHARE_OF_A_TRY;
  }

  #isStopped(signal: AbortSignal | undefined): boolean {
    return signal?.aborted === true || this.#parts.closing.aborted;
  }

  /** One try at one daemon, and what it teaches about the way there. */
  async #once(pool: Pool, one: OneTry): Promise<object> {
    const { clock, endpoints } = this.#parts;
    const leftMs = (): number => one.endsAtMs - clock.now();
    const kind = one.timeoutMs > this.silenceMs ? 'long' : 'short';
    try {
      const place = await this.place(pool, kind, leftMs(), one.signal);
      try {
        const response = await this.#send(place, {
          ...one,
          timeoutMs: Math.min(one.timeoutMs, leftMs()),
        });
        endpoints.prefer(pool);
        return response;
      } finally {
        place.leave();
      }
    } catch (error) {
      if (mayRepeat(error)) endpoints.failed(pool);
      throw error;
    }
  }

  #send(place: Place, { method, make, token, timeoutMs, signal }: OneTry): Promise<object> {
    const { clock, closing } = this.#parts;
    const request = checked(method, make());
    if (closing.aborted) return Promise.reject(clientClosed());
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    const parts = { clock, closing, silenceMs: this.silenceMs };
    return OneCall.send(parts, place, { method, request, token, timeoutMs, signal });
  }
}

/** What was said of one daemon says more than that the next one had no time left to answer. */
function moreTelling(before: SharedLockError | undefined, now: SharedLockError): SharedLockError {
  return before === undefined || now.code === 'UNAVAILABLE' ? now : before;
}
