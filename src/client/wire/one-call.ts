import type { Clock, Timer } from '../../clock/clock.js';
import { Fault } from '../../core/errors.js';
import { SharedLockError } from '../errors.js';
import type { Answered, GivesUp, Outgoing } from './call-stream.js';
import { clientClosed, reasonOf, silence } from './faults.js';
import { onAbort } from './on-abort.js';
import type { Place } from './place.js';

/** A timer that is later shows that this process stood still. */
const LATE_MS = 50;

export interface OneCallParts {
  readonly clock: Clock;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
  /** How long a daemon may be silent. */
  readonly silenceMs: number;
}

/** What is called. */
export interface Asked extends Outgoing {
  /** From when it is sent. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** One try of a call, from when it is sent until it is answered or given up. */
export class OneCall implements Answered {
  readonly #parts: OneCallParts;
  readonly #place: Place;
  readonly #asked: Asked;
  readonly #resolve: (response: object) => void;
  readonly #reject: (error: Error) => void;
  readonly #sentAtMs: number;
  #call: GivesUp | undefined;
  #timer: Timer | undefined;
  #deafen: (() => void) | undefined;
  #stayOpen: (() => void) | undefined;
  #isOver = false;

  private constructor(
    parts: OneCallParts,
    place: Place,
    asked: Asked,
    resolve: (response: object) => void,
    reject: (error: Error) => void,
  ) {
    this.#parts = parts;
    this.#place = place;
    this.#asked = asked;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#sentAtMs = parts.clock.now();
  }

  /** Sends it, in its place. @throws SharedLockError; the reason of the signal if that aborts. */
  static send(parts: OneCallParts, place: Place, asked: Asked): Promise<object> {
    return new Promise((resolve, reject) => {
      new OneCall(parts, place, asked, resolve, reject).#begin();
    });
  }

  #begin(): void {
    const { timeoutMs, signal } = this.#asked;
    this.#call = this.#place.send(this.#asked, this);
    this.#timer = this.#arm(timeoutMs);
    this.#deafen = signal && onAbort(signal, () => this.#giveUp(reasonOf(signal)));
    this.#stayOpen = onAbort(this.#parts.closing, () => this.#giveUp(clientClosed()));
  }

  answered(response: Buffer): void {
    if (!this.#end()) return;
    try {
      this.#resolve(this.#asked.method.responseDeserialize(response));
    } catch (error) {
      const { address } = this.#place.connection;
      const message = `the daemon at ${address} sent an answer that can't be read`;
      this.#reject(new SharedLockError(new Fault('INTERNAL', message), error));
    }
  }

  failed(error: SharedLockError, isBroken: boolean): void {
    if (!this.#end()) return;
    if (isBroken) this.#place.broken(error);
    this.#reject(error);
  }

  #giveUp(reason: Error): void {
    if (!this.#end()) return;
    this.#reject(reason);
    this.#call?.cancel();
    this.#place.cancelled();
  }

  #silent(): void {
    const { clock, silenceMs } = this.#parts;
    const error = silence(this.#place.connection.address, clock.now() - this.#sentAtMs);
    // A call that had little time left says nothing of the daemon.
    if (this.#asked.timeoutMs >= silenceMs) this.#place.doubt(error);
    this.#giveUp(error);
  }

  /** A wait may be long, but not for the connection; once that is there, its pings tell whether the daemon is. */
  #arm(leftMs: number): Timer {
    const { clock, silenceMs } = this.#parts;
    const { connection } = this.#place;
    const isFirst = !connection.isReady && leftMs > silenceMs;
    const delayMs = isFirst ? silenceMs : leftMs;
    const dueMs = clock.now() + delayMs;
    return clock.timer(delayMs, () => {
      // The answer may lie there unread, if this process stood still.
      const lateMs = clock.now() - dueMs;
      if (isFirst && this.#place.connection.isReady) this.#timer = this.#arm(leftMs - delayMs);
      else if (lateMs > LATE_MS) this.#timer = this.#arm(Math.min(lateMs, silenceMs));
      else this.#silent();
    });
  }

  /** @returns whether it was not over before. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#deafen?.();
    this.#stayOpen?.();
    return true;
  }
}
