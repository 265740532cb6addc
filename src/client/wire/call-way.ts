import { status } from '@grpc/grpc-js';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { Clock, Timer } from '../../clock/clock.js';
import type { CallDescriptors } from '../../protocol/call-descriptors.js';
import { CallStream } from './call-stream.js';

/** A daemon that takes the stream says so at once; until then calls go by themselves. */
const OPENING_MS = 3000;
/** A stream that is over is followed by another one, but not at once: it may be refused again. */
const REOPEN_AFTER_MS = 1000;

export interface CallWayParts {
  readonly clock: Clock;
  readonly address: string;
  readonly descriptors: CallDescriptors;
  /** What is shown now to say who calls; undefined: nothing. */
  readonly token: () => string | undefined;
  readonly open: (token: string | undefined) => ClientDuplexStream<Buffer, Buffer>;
  /** Is called when calls can go over a stream, or no longer, and when there may be room again. */
  readonly changed: () => void;
}

/** How the calls of one connection go: over one stream, as soon as it is open, or each by itself. */
export class CallWay {
  readonly #parts: CallWayParts;
  #stream: CallStream | undefined;
  #opening: Timer | undefined;
  /** The daemon is older than the stream. */
  #isUnknown = false;
  #isClosed = false;
  #mayOpenAtMs = -Infinity;

  constructor(parts: CallWayParts) {
    this.#parts = parts;
  }

  /** Undefined: calls go by themselves. */
  get stream(): CallStream | undefined {
    return this.#stream?.isOpen === true ? this.#stream : undefined;
  }

  /** It will be known soon whether there is a stream. */
  get isOpening(): boolean {
    return this.#opening !== undefined;
  }

  /** Opens a stream, unless there is one that was opened with the token of now, or it makes no sense. */
  open(): void {
    const { clock, address, descriptors, changed } = this.#parts;
    const token = this.#parts.token();
    // It would do, but each call would have to bring the new token along.
    if (this.stream !== undefined && this.stream.token !== token) this.#exchange(this.stream);
    if (this.#stream !== undefined || this.#isUnknown || this.#isClosed) return;
    if (clock.now() < this.#mayOpenAtMs) return;
    const stream = new CallStream(this.#parts.open(token), {
      ...{ address, descriptors, token },
      changed: () => {
        // One that is left may still bring answers.
        if (this.#stream === stream) this.#opened();
        changed();
      },
      over: (error) => this.#over(error),
    });
    this.#stream = stream;
    this.#opening = clock.timer(OPENING_MS, () => stream.close());
  }

  close(): void {
    this.#isClosed = true;
    this.#stream?.close();
  }

  #exchange(stream: CallStream): void {
    stream.leave();
    this.#mayOpenAtMs = -Infinity;
  }

  #opened(): void {
    this.#opening?.cancel();
    this.#opening = undefined;
  }

  #over(error: ServiceError | undefined): void {
    this.#opened();
    this.#stream = undefined;
    this.#isUnknown = error?.code === status.UNIMPLEMENTED;
    this.#mayOpenAtMs = this.#parts.clock.now() + REOPEN_AFTER_MS;
    this.#parts.changed();
  }
}
