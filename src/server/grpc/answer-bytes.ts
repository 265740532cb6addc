import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { Admission } from '../admission/admission.js';

/** Counts the answers of one call: those that were sent, and those of them that its caller has not taken. */
export class AnswerBytes {
  /** Of all that were sent. */
  sent = 0;
  readonly #admission: Admission;
  #user: string | undefined;
  #untaken = 0;

  /** Watches what is sent from now on. Only our own answers are bytes already: see bind.ts. */
  constructor(call: ServerInterceptingCallInterface, admission: Admission) {
    this.#admission = admission;
    const sendMessage = call.sendMessage.bind(call);
    call.sendMessage = (message: unknown, callback) => {
      const size = Buffer.isBuffer(message) ? message.length : 0;
      this.sent += size;
      this.#untaken += size;
      admission.buffer(this.#user, size);
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

  /** Nobody will take the rest. */
  end(): void {
    this.#take(this.#untaken);
  }

  #take(size: number): void {
    // At the end of the call all of it was counted back.
    const taken = Math.min(size, this.#untaken);
    this.#untaken -= taken;
    this.#admission.unbuffer(this.#user, taken);
  }
}
