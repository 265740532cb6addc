import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import type { SharedLockError } from '../errors.js';
import type { Outgoing } from './call-stream.js';
import type { CallerParts } from './caller.js';
import { errorOf, hasBroken, silence } from './faults.js';
import { onAbort } from './on-abort.js';
import type { Place } from './place.js';

/** What is asked over one stream. */
export interface StreamRequest extends Outgoing {
  /** How long the daemon may take to say that it has taken it. */
  readonly silenceMs: number;
  /** Is called when it has. */
  readonly taken: () => void;
}

/** One stream of a daemon. It is opened at once, and gives its place back when it is over. */
export class ServerStream {
  readonly #parts: CallerParts;
  readonly #place: Place;
  readonly #wire: ClientReadableStream<object>;
  readonly #timer: { cancel(): void };
  #isOver = false;
  #silence: SharedLockError | undefined;

  constructor(parts: CallerParts, place: Place, asked: StreamRequest) {
    const { silenceMs, taken } = asked;
    this.#parts = parts;
    this.#place = place;
    this.#wire = place.connection.serverStream(asked);
    // A daemon that takes a stream says so at once.
    this.#timer = parts.clock.timer(silenceMs, () => {
      this.#silence = silence(place.connection.address, silenceMs);
      place.doubt(this.#silence);
      this.#cancel();
    });
    this.#wire.once('metadata', () => {
      this.#timer.cancel();
      taken();
    });
    this.#wire.once('end', () => (this.#isOver = true));
  }

  /** Once. @throws SharedLockError */
  async *messages(signal: AbortSignal | undefined): AsyncGenerator<object, void, undefined> {
    const { closing } = this.#parts;
    const cancel = (): void => this.#cancel();
    if (signal?.aborted === true || closing.aborted) cancel();
    const unlisten = [signal, closing].map((each) => each && onAbort(each, cancel));
    try {
      for await (const message of this.#wire) yield message as object;
    } catch (error) {
      // grpc-js throws nothing else out of a stream; what the consumer throws does not come here.
      throw this.#failure(error as ServiceError);
    } finally {
      for (const stop of unlisten) stop?.();
      this.#timer.cancel();
      cancel();
      this.#place.leave();
    }
  }

  #failure(error: ServiceError): SharedLockError {
    if (this.#silence !== undefined) return this.#silence;
    const failure = errorOf(error, this.#place.connection.address, this.#parts.descriptors);
    if (!this.#isOver && hasBroken(error)) this.#place.broken(failure);
    this.#isOver = true;
    return failure;
  }

  #cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wire.cancel();
    this.#place.cancelled();
  }
}
