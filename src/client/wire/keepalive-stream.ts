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

interface Asked {
  readonly answered: (ttlMs: number) => void;
  readonly failed: (error: SharedLockError) => void;
}

/** One stream over which any number of leases is renewed. Once it fails it is over. */
export class KeepAliveStream {
  readonly connection: Connection;
  readonly #wire: ClientDuplexStream<object, object>;
  readonly #clock: Clock;
  readonly #asked = new Map<string, Asked[]>();
  #isOver = false;
  #isBroken = false;

  constructor(
    connection: Connection,
    method: CallMethod,
    descriptors: CallDescriptors,
    clock: Clock,
  ) {
    this.connection = connection;
    this.#clock = clock;
    this.#wire = connection.bidi(method);
    this.#wire.on('data', (response: KeepAliveStreamResponse__Output) => this.#take(response));
    this.#wire.on('error', (error: ServiceError) => {
      this.#break(errorOf(error, connection.address, descriptors));
    });
    this.#wire.on('end', () => this.#break(ended()));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** It is over, and nobody closed it. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** @returns the TTL granted, in ms. @throws SharedLockError, also if no answer comes within `timeoutMs`. */
  renew(leaseId: string, timeoutMs: number): Promise<number> {
    if (this.#isOver) return Promise.reject(ended());
    const sentAtMs = this.#clock.now();
    return new Promise((resolve, reject) => {
      const timer = this.#clock.timer(timeoutMs, () => {
        // Its answer may still come, and belongs to nobody else.
        reject(silence(this.connection.address, this.#clock.now() - sentAtMs));
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
      };
      const others = this.#asked.get(leaseId);
      if (others === undefined) this.#asked.set(leaseId, [asked]);
      else others.push(asked);
      this.#wire.write({ leaseId });
    });
  }

  close(): void {
    this.#end(ended());
    this.#wire.cancel();
  }

  /** An answer goes to the oldest request for its lease: then it counts from when that was sent, never from later. */
  #take(response: KeepAliveStreamResponse__Output): void {
    const { leaseId, code, ttl, message, reason } = response;
    const asked = this.#asked.get(leaseId);
    const oldest = asked?.shift();
    if (asked?.length === 0) this.#asked.delete(leaseId);
    if (code === 0 && ttl !== null) oldest?.answered(fromSecondsAndNanos(ttl));
    else oldest?.failed(new SharedLockError(new Fault(faultCodeOf(code), message, { reason })));
  }

  #break(error: SharedLockError): void {
    this.#isBroken ||= !this.#isOver;
    this.#end(error);
  }

  #end(error: SharedLockError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const unanswered = [...this.#asked.values()].flat();
    this.#asked.clear();
    for (const asked of unanswered) asked.failed(error);
  }
}

function ended(): SharedLockError {
  return new SharedLockError(new Fault('UNAVAILABLE', 'the stream of renewals has ended'));
}
