import type { Clock } from '../../clock/clock.js';
import { within } from '../../clock/within.js';
import { Fault } from '../../core/errors.js';
import { SharedLockError } from '../errors.js';
import { exchangeAtMs } from './token-life.js';
import { tokenProblem } from './token-text.js';

/** One that is old, or could not be read again, is looked for again after so long at the earliest. */
const AGAIN_MS = 5000;

export interface TokenReading {
  /** Gives the token of now. */
  readonly read: () => Promise<string>;
  /** After so long it is read again, also if it says nothing of its end. */
  readonly keepMs: number;
}

/**
 * The token that a client shows. It is read before the first call, again when 80 % of its life is over, while the calls go on with the one that
 * is there, and when a daemon refuses it. Nothing of it is in any error.
 */
export class TokenSource {
  readonly #clock: Clock;
  readonly #reading: TokenReading;
  #known: { readonly token: string; readonly untilMs: number } | undefined;
  #underWay: Promise<void> | undefined;

  constructor(clock: Clock, reading: TokenReading) {
    this.#clock = clock;
    this.#reading = reading;
  }

  /** What was read last, for who can't wait; undefined before it was. Where it is old another one is looked for. */
  latest(): string | undefined {
    const known = this.#known;
    if (known === undefined || this.#clock.now() >= known.untilMs) {
      // Who needs it is told when it is refused.
      this.#read().catch(() => undefined);
    }
    return known?.token;
  }

  /** @throws SharedLockError UNAUTHENTICATED if the first one can't be read, DEADLINE_EXCEEDED after `limitMs`. */
  async get(limitMs: number): Promise<string> {
    const latest = this.latest();
    if (latest !== undefined) return latest;
    await this.#within(limitMs, this.#read());
    if (this.#known === undefined) throw new TypeError('a token that was read is known');
    return this.#known.token;
  }

  /**
   * Looks for another one than that, which a daemon has refused. @returns whether there is one.
   * @throws SharedLockError UNAVAILABLE if it can't be read, DEADLINE_EXCEEDED after `limitMs`.
   */
  async another(refused: string | undefined, limitMs: number): Promise<boolean> {
    // One that was asked for before the refusal may be the same.
    await this.#within(
      limitMs,
      Promise.resolve(this.#underWay).catch(() => undefined),
    );
    if (this.#known?.token === refused) await this.#within(limitMs, this.#read());
    return this.#known?.token !== refused;
  }

  #read(): Promise<void> {
    this.#underWay ??= this.#readNow().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #readNow(): Promise<void> {
    const { read, keepMs } = this.#reading;
    try {
      const token = await read();
      const problem = tokenProblem(token);
      if (problem !== undefined) throw new TypeError(problem);
      this.#known = { token, untilMs: this.#clock.now() + this.#lastsMs(token, keepMs) };
    } catch (error) {
      const known = this.#known;
      if (known !== undefined) {
        this.#known = { token: known.token, untilMs: this.#clock.now() + AGAIN_MS };
      }
      throw unreadable(error, known === undefined);
    }
  }

  #lastsMs(token: string, keepMs: number): number {
    const wallMs = this.#clock.wall();
    const leftMs = (exchangeAtMs(token, wallMs) ?? Infinity) - wallMs;
    return Math.max(Math.min(leftMs, keepMs), AGAIN_MS);
  }

  async #within(limitMs: number, reading: Promise<void>): Promise<void> {
    const isThere = await within(
      this.#clock,
      limitMs,
      reading.then(() => true),
    );
    if (isThere === true) return;
    const message = `the token was not there within ${Math.round(limitMs)} ms`;
    throw new SharedLockError(new Fault('DEADLINE_EXCEEDED', message));
  }
}

/** The first one may be looked for in the wrong place; of others it is known that they were there, and may be again. */
function unreadable(error: unknown, isFirst: boolean): SharedLockError {
  const why = error instanceof Error ? error.message : String(error);
  const reason = 'TOKEN_UNREADABLE';
  const message = `the token can't be read: ${why}`;
  return new SharedLockError(
    new Fault(isFirst ? 'UNAUTHENTICATED' : 'UNAVAILABLE', message, { reason }),
    error,
  );
}
