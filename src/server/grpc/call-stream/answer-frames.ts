import { atTurnEnd } from '../../../clock/turn-end.js';
import { answerSize, writeResponseFrame } from '../../../protocol/call-frames/response-frame.js';
import type { FramedAnswer } from '../../../protocol/call-frames/response-frame.js';
import type { Admission } from '../../admission/admission.js';
import type { AnswerStream } from '../stream.js';

/** A frame takes no more answers once it has so many bytes. */
const FRAME_BYTES = 64 * 1024;

/**
 * The answers of a stream, on their way: those of one turn of the event loop go in one frame, or a few. What the caller does not
 * take waits here, and is counted among what it has in memory.
 */
export class AnswerFrames {
  readonly #call: AnswerStream;
  readonly #admission: Admission;
  readonly #user: string | undefined;
  readonly #unblocked: () => void;
  #waiting: FramedAnswer[] = [];
  #saysGoAway = false;
  #isScheduled = false;
  #isBlocked = false;
  #isEnding = false;
  #isOver = false;

  /** @param unblocked is called when the caller has taken what `isBlocked` waited for. */
  constructor(
    call: AnswerStream,
    admission: Admission,
    user: string | undefined,
    unblocked: () => void,
  ) {
    this.#call = call;
    this.#admission = admission;
    this.#user = user;
    this.#unblocked = unblocked;
  }

  /** The caller does not take its answers: nothing more should be made for it. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** First of all. */
  welcome(frame: Buffer): void {
    this.#write(frame);
  }

  push(answer: FramedAnswer): void {
    if (this.#isOver) return;
    this.#admission.buffer(this.#user, answer.bytes.length);
    this.#waiting.push(answer);
    this.#schedule();
  }

  goAway(): void {
    this.#saysGoAway = true;
    this.#schedule();
  }

  /** Ends the stream once all is sent. */
  end(): void {
    this.#isEnding = true;
    this.#schedule();
  }

  /** Nobody will take the rest. */
  drop(): void {
    this.#isOver = true;
    for (const { bytes } of this.#waiting) this.#admission.unbuffer(this.#user, bytes.length);
    this.#waiting = [];
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isBlocked || this.#isOver) return;
    this.#isScheduled = true;
    atTurnEnd(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  #send(): void {
    while (!this.#isBlocked && !this.#isOver) {
      const goAway = this.#saysGoAway;
      this.#saysGoAway = false;
      const answers = this.#next();
      if (answers.length === 0 && !goAway) {
        if (this.#isEnding) {
          this.#isOver = true;
          this.#call.end();
        }
        return;
      }
      const frame = writeResponseFrame({ answers, goAway });
      // From here on the gate counts them.
      for (const { bytes } of answers) this.#admission.unbuffer(this.#user, bytes.length);
      this.#write(frame);
    }
  }

  /** One at least, if there is one. */
  #next(): readonly FramedAnswer[] {
    let bytes = 0;
    let count = 0;
    for (const answer of this.#waiting) {
      bytes += answerSize(answer);
      if (count > 0 && bytes > FRAME_BYTES) break;
      count++;
    }
    if (count === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, count);
  }

  #write(frame: Buffer): void {
    if (this.#call.write(frame)) return;
    this.#isBlocked = true;
    this.#call.once('drain', () => {
      this.#isBlocked = false;
      this.#send();
      if (!this.isBlocked) this.#unblocked();
    });
  }
}
