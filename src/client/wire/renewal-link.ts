import type { Clock } from '../../clock/clock.js';
import type { CallDescriptors } from '../../protocol/call-descriptors.js';
import { fromSecondsAndNanos } from '../../protocol/duration.js';
import type { KeepAliveResponse__Output } from '../../protocol/generated/sharedlock/v1/KeepAliveResponse.js';
import type { Caller } from './caller.js';
import type { Endpoints } from './endpoints.js';
import { KeepAliveStream } from './keepalive-stream.js';

/** The way of all renewals of a client: one stream; and calls beside it, where that does not answer. */
export class RenewalLink {
  readonly #clock: Clock;
  readonly #caller: Caller;
  readonly #endpoints: Endpoints;
  readonly #descriptors: CallDescriptors;
  #stream: KeepAliveStream | undefined;

  constructor(parts: {
    readonly clock: Clock;
    readonly caller: Caller;
    readonly endpoints: Endpoints;
    readonly descriptors: CallDescriptors;
  }) {
    this.#clock = parts.clock;
    this.#caller = parts.caller;
    this.#endpoints = parts.endpoints;
    this.#descriptors = parts.descriptors;
  }

  /** Over the stream, which is opened if there is none. @returns the TTL in ms. @throws SharedLockError */
  async byStream(leaseId: string, timeoutMs: number): Promise<number> {
    const stream = this.#open();
    try {
      return await stream.renew(leaseId, timeoutMs);
    } catch (error) {
      if (stream.isBroken) this.#endpoints.failed(stream.connection);
      throw error;
    }
  }

  /** By a call of its own, to the daemon that is to be used now. @returns the TTL in ms. @throws SharedLockError */
  async byCall(leaseId: string, timeoutMs: number): Promise<number> {
    const method = this.#caller.method('LeaseService', 'KeepAlive');
    const response = await this.#caller.once(
      this.#endpoints.current,
      method,
      { leaseId },
      timeoutMs,
    );
    // What the method's definition decodes.
    const { ttl } = response as KeepAliveResponse__Output;
    return ttl === null ? 0 : fromSecondsAndNanos(ttl);
  }

  /** The stream says nothing: the next renewal gets another one, at another daemon or over another connection. */
  distrustStream(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#endpoints.silent(stream.connection);
    this.#stream = undefined;
    // What it was asked may still be answered; it is not needed for that, and must not be left open.
    stream.close();
  }

  /** Closes the stream; the next renewal opens another one. */
  rest(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }

  #open(): KeepAliveStream {
    if (this.#stream?.isOver === false) return this.#stream;
    this.#stream = new KeepAliveStream(
      this.#endpoints.current,
      this.#caller.method('LeaseService', 'KeepAliveStream'),
      this.#descriptors,
      this.#clock,
    );
    return this.#stream;
  }
}
