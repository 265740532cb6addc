import type { Http2Session } from 'node:http2';

/** In milliseconds. */
export interface SignLimits {
  /** So often a sign is asked for. */
  readonly intervalMs: number;
  /** A connection that has not answered by then is cut. */
  readonly timeoutMs: number;
}

/** The part of a Clock that this uses (`src/clock/clock.ts`). */
interface SignClock {
  now(): number;
  timer(delayMs: number, callback: () => void): { cancel(): void };
}

/** A timer that is later shows that this process stood still: what came meanwhile is not read yet. */
const LATE_MS = 50;

/**
 * Asks the other end of a connection for signs of life, and cuts it if none comes: so both find out that the other one is
 * gone without a word. grpc-js's own pings are turned off, on both sides: they cut a connection that is closed gracefully,
 * and with it the calls that go on over it (grpc/grpc-node#3068), since Node refuses to ping there; and they cut it when
 * this process itself stood still. Empty settings are acknowledged as a ping is (RFC 9113, section 6.5), there too.
 */
export class SignsOfLife {
  readonly #session: Http2Session;
  readonly #clock: SignClock;
  readonly #limits: SignLimits;
  #isWanted = false;
  #isAsked = false;
  #seenAtMs: number;
  #timer: { cancel(): void } | undefined;

  constructor(session: Http2Session, clock: SignClock, limits: SignLimits) {
    this.#session = session;
    this.#clock = clock;
    this.#limits = limits;
    this.#seenAtMs = clock.now();
    session.once('close', () => this.#timer?.cancel());
  }

  /** Asks for signs from now on; soon, if there was none for long. */
  start(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    if (this.#isAsked) return;
    const { intervalMs } = this.#limits;
    // While it was idle it may have died, and what begins now loses little: it gets less time.
    if (this.#clock.now() - this.#seenAtMs >= intervalMs) this.#ask(intervalMs);
    else this.#askLater();
  }

  stop(): void {
    this.#isWanted = false;
    if (!this.#isAsked) this.#timer?.cancel();
  }

  #askLater(): void {
    const dueMs = this.#seenAtMs + this.#limits.intervalMs;
    this.#later(dueMs - this.#clock.now(), () => this.#ask(this.#limits.timeoutMs));
  }

  #ask(timeoutMs: number): void {
    this.#isAsked = true;
    this.#cutLater(timeoutMs);
    const answered = (error: Error | null): void => {
      if (error === null) this.#seen();
    };
    try {
      if (this.#session.closed) this.#session.settings({}, answered);
      else this.#session.ping(answered);
    } catch {
      // It was destroyed in this very moment, or has more such questions open than Node allows.
      this.#session.destroy();
    }
  }

  #seen(): void {
    this.#timer?.cancel();
    this.#isAsked = false;
    this.#seenAtMs = this.#clock.now();
    if (this.#isWanted) this.#askLater();
  }

  /** Whatever comes is a sign: the answer may have to wait behind a crowd of others. */
  #cutLater(delayMs: number): void {
    const dueMs = this.#clock.now() + delayMs;
    const bytesBefore = this.#bytesRead();
    this.#later(delayMs, () => {
      const lateMs = this.#clock.now() - dueMs;
      if (this.#bytesRead() > bytesBefore) this.#cutLater(this.#limits.timeoutMs);
      else if (lateMs > LATE_MS) this.#cutLater(Math.min(lateMs, this.#limits.timeoutMs));
      else this.#session.destroy();
    });
  }

  #bytesRead(): number {
    return this.#session.destroyed ? 0 : this.#session.socket.bytesRead;
  }

  #later(delayMs: number, step: () => void): void {
    this.#timer?.cancel();
    if (!this.#session.destroyed) this.#timer = this.#clock.timer(delayMs, step);
  }
}
