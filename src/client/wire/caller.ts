import { sleep } from '../../clock/clock.js';
import type { Clock } from '../../clock/clock.js';
import type { StayAlive } from '../../clock/stay-alive.js';
import type { Api, RequestOf, ResponseOf } from '../../protocol/api.js';
import type { CallDescriptors, CallMethod } from '../../protocol/call-descriptors.js';
import type { SharedLockError } from '../errors.js';
import { backoffMs } from './backoff.js';
import { checked } from './checked.js';
import type { Connection } from './connection.js';
import type { Endpoints } from './endpoints.js';
import { clientClosed, errorOf, mayRepeat, reasonOf, silence } from './faults.js';
import { linked } from './linked.js';
import { manyMayListen } from './many-listeners.js';

/** One daemon may be silent for so much of a call's time before another is asked. */
const SHARE_OF_A_TRY = 1 / 3;

export interface UnaryOptions {
  /** For all tries together. Default: the client's. */
  readonly deadlineMs?: number;
  /** For one try. Default: a third of the whole; a daemon that keeps a waiter has to have all of it. */
  readonly tryMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CallerParts {
  readonly clock: Clock;
  readonly descriptors: CallDescriptors;
  readonly endpoints: Endpoints;
  readonly deadlineMs: number;
  readonly stayAlive: StayAlive;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
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
    const { clock, endpoints, closing, stayAlive } = this.#parts;
    const { deadlineMs = this.#parts.deadlineMs, signal } = options;
    const method = this.method(service, name);
    // The method's own messages, as its definition says; none of them is a function.
    const make = (typeof request === 'function' ? request : () => request) as () => object;
    const endsAtMs = clock.now() + deadlineMs;
    manyMayListen(signal);
    let failure: SharedLockError | undefined;
    const release = stayAlive.need();
    try {
      for (let tries = 1; ; tries++) {
        const connection = endpoints.current;
        const tryMs = Math.min(
          options.tryMs ?? deadlineMs * SHARE_OF_A_TRY,
          endsAtMs - clock.now(),
        );
        try {
          const message = checked(method, make());
          return (await this.once(connection, method, message, tryMs, signal)) as ResponseOf<S, M>;
        } catch (error) {
          if (!mayRepeat(error) || signal?.aborted === true || closing.aborted) throw error;
          failure = moreTelling(failure, error);
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

  /** One try at one daemon, and what it teaches about the way there. */
  async once(
    connection: Connection,
    method: CallMethod,
    request: object,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<object> {
    const { endpoints } = this.#parts;
    try {
      const response = await this.#send(connection, method, request, timeoutMs, signal);
      endpoints.prefer(connection);
      return response;
    } catch (error) {
      if (mayRepeat(error)) endpoints.failed(connection);
      throw error;
    }
  }

  #send(
    connection: Connection,
    method: CallMethod,
    request: object,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<object> {
    const { clock, closing, descriptors, endpoints } = this.#parts;
    if (closing.aborted) return Promise.reject(clientClosed());
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    return new Promise((resolve, reject) => {
      const sentAtMs = clock.now();
      const finish = (settle: () => void): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        closing.removeEventListener('abort', onClose);
        settle();
      };
      const giveUp = (reason: Error): void => {
        finish(() => reject(reason));
        call.cancel();
      };
      const onAbort = (): void => {
        if (signal !== undefined) giveUp(reasonOf(signal));
      };
      const onClose = (): void => giveUp(clientClosed());
      const call = connection.unary(method, request, (error, response) => {
        finish(() => {
          if (error !== null) reject(errorOf(error, connection.address, descriptors));
          else resolve(response ?? {});
        });
      });
      const timer = clock.timer(timeoutMs, () => {
        endpoints.silent(connection);
        giveUp(silence(connection.address, clock.now() - sentAtMs));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      closing.addEventListener('abort', onClose, { once: true });
    });
  }
}

/** What was said of one daemon says more than that the next one had no time left to answer. */
function moreTelling(before: SharedLockError | undefined, now: SharedLockError): SharedLockError {
  return before === undefined || now.code === 'UNAVAILABLE' ? now : before;
}
