import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { Admission } from '../admission/admission.js';

/** Counts the answers of one call: those that were sent, and those of them that its caller has not taken. */
export class AnswerBytes {
  /** Of all that were sent. */
  sent = 0;
  readonly #admission: Admission;
  #user: string | undefined;
  #untaken = 0;
  #isOver = false;

  /** Watches what is sent from now on. Only our own answers are bytes already: see bind.ts. */
  constructor(call: ServerInterceptingCallInterface, admission: Admission) {
    this.#admission = admission;
    const sendMessage = call.sendMessage.bind(call);
    call.sendMessage = (message: unknown, callback) => {
      const size = Buffer.isBuffer(message) ? message.length : 0;
      this.#give(size);
      sendMessage(message, () => {
        this.#take(size);
        callback();
      });
    };
  }

  /** Once, before anything is sent. */
  belongTo(user: string | undefined): void {
    this.#user = user;
  }

  /** Nobody will take the rest, nor what is still answered. */
  end(): void {
    this.#isOver = true;
    this.#take(this.#untaken);
  }

  #give(size: number): void {
    this.sent += size;
    // grpc-js drops it without a word, so that nobody would count it back.
    if (this.#isOver) return;
    this.#untaken += size;
    this.#admission.buffer(this.#user, size);
  }

  #take(size: number): void {
    // At the end of the call all of it was counted back.
    const taken = Math.min(size, this.#untaken);
    this.#untaken -= taken;
    this.#admission.unbuffer(this.#user, taken);
  }
}
