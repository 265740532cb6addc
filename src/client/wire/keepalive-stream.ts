import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { Clock } from '../../clock/clock.js';
import { Fault } from '../../core/errors.js';
import type { KeepAliveStreamResponse__Output } from '../../protocol/generated/sharedlock/v1/KeepAliveStreamResponse.js';
import type { CallDescriptors, CallMethod } from '../../protocol/call-descriptors.js';
import { fromSecondsAndNanos } from '../../protocol/duration.js';
import { faultCodeOf } from '../../protocol/read-status.js';
import { SharedLockError } from '../errors.js';
import type { Connection } from './connection.js';
import { errorOf, silence } from './faults.js';
import type { Pool } from './pool.js';

interface Asked {
  readonly answered: (ttlMs: number) => void;
  readonly failed: (error: SharedLockError) => void;
  readonly doubted: () => void;
}

export interface KeepAliveStreamParts {
  readonly method: CallMethod;
  readonly descriptors: CallDescriptors;
  readonly clock: Clock;
  /** Is called once when it is over; `failure`: with what, if nobody here closed it. */
  readonly ended: (stream: KeepAliveStream, failure: SharedLockError | undefined) => void;
}

/** One stream, over a connection of its own, over which any number of leases is renewed. Once it fails it is over. */
export class KeepAliveStream {
  readonly pool: Pool;
  readonly openedAtMs: number;
  readonly #parts: KeepAliveStreamParts;
  readonly #connection: Connection;
  readonly #wire: ClientDuplexStream<object, object>;
  readonly #asked = new Map<string, Asked[]>();
  #token: string | undefined;
  #isOver = false;
  #isDoubted = false;
  #isLeaving = false;

  /** @throws SharedLockError while there is no way to the daemon. */
  constructor(pool: Pool, token: string | undefined, parts: KeepAliveStreamParts) {
    this.pool = pool;
    this.#token = token;
    this.#parts = parts;
    this.openedAtMs = parts.clock.now();
    this.#connection = pool.connect();
    this.#connection.isBusy = true;
    this.#wire = this.#connection.bidi(parts.method, token);
    this.#wire.on('data', (response: KeepAliveStreamResponse__Output) => this.#take(response));
    this.#wire.on('error', (error: ServiceError) => {
      const failure = errorOf(error, pool.address, parts.descriptors);
      if (!this.#isOver && !this.#connection.isReady) pool.failed(failure);
      this.#end(failure, failure);
    });
    this.#wire.on('end', () => this.#end(ended(), ended()));
  }

  /** What it showed last to say who calls. */
  get token(): string | undefined {
    return this.#token;
  }

  /** Shows another token of the same principal, before the one that it was opened with ends. */
  show(token: string): void {
    if (this.#isOver) return;
    this.#token = token;
    this.#wire.write({ token });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** An answer was late, and none has come since. */
  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  /**
   * @param doubted is called if the stream is doubted before it answers.
   * @returns the TTL granted, in ms.
   * @throws SharedLockError, also if no answer comes within `timeoutMs`.
   */
  renew(leaseId: string, timeoutMs: number, doubted: () => void): Promise<number> {
    if (this.#isOver) return Promise.reject(ended());
    const { clock } = this.#parts;
    const sentAtMs = clock.now();
    return new Promise((resolve, reject) => {
      const timer = clock.timer(timeoutMs, () => {
        // Its answer may still come, and belongs to nobody else.
        reject(silence(this.pool.address, clock.now() - sentAtMs));
      });
      const asked: Asked = {
        answered: (ttlMs) => {
          timer.cancel();
          resolve(ttlMs);
        },
        failed: (error) => {
          timer.cancel();
          reject(error);
        },
        doubted,
      };
      const others = this.#asked.get(leaseId);
      if (others === undefined) this.#asked.set(leaseId, [asked]);
      else others.push(asked);
      this.#wire.write({ leaseId });
    });
  }

  /** An answer is late. What else it was asked is then late too, most likely: whoever asked is told. */
  doubt(): void {
    this.#isDoubted = true;
    for (const asked of [...this.#asked.values()].flat()) asked.doubted();
  }

  /** Ends as soon as what it was asked is answered. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#asked.size === 0) this.close();
  }

  /** It is not needed for now: the process may end while it is open. */
  rest(): void {
    if (!this.#connection.isReady || this.#isLeaving || this.#asked.size > 0) this.close();
    else this.#connection.letProcessEnd();
  }

  close(): void {
    this.#end(ended(), undefined);
  }

  /** An answer goes to the oldest request for its lease: then it counts from when that was sent, never from later. */
  #take(response: KeepAliveStreamResponse__Output): void {
    const { leaseId, code, ttl, message, reason } = response;
    this.#isDoubted = false;
    const asked = this.#asked.get(leaseId);
    const oldest = asked?.shift();
    if (asked?.length === 0) this.#asked.delete(leaseId);
    if (code === 0 && ttl !== null) oldest?.answered(fromSecondsAndNanos(ttl));
    else oldest?.failed(new SharedLockError(new Fault(faultCodeOf(code), message, { reason })));
    if (this.#isLeaving) this.leave();
  }

  #end(error: SharedLockError, failure: SharedLockError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const unanswered = [...this.#asked.values()].flat();
    this.#asked.clear();
    this.#wire.cancel();
    this.#connection.close();
    this.#parts.ended(this, failure);
    for (const asked of unanswered) asked.failed(error);
  }
}

function ended(): SharedLockError {
  return new SharedLockError(new Fault('UNAVAILABLE', 'the stream of renewals has ended'));
}
