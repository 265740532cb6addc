import type { Clock } from '../../clock/clock.js';
import { SharedLockError } from '../errors.js';
import type { TokenSource } from './token-source.js';

/** Of a token that was good for so long, a refusal says that its time is over. */
const STEADY_MS = 1000;

/** What one call, or one watch, shows with its tries. */
export class TokenUse {
  readonly #clock: Clock;
  readonly #tokens: TokenSource | undefined;
  #shown: string | undefined;
  #shownAtMs = 0;
  #wasRefused = false;

  /** @param tokens undefined: none is shown. */
  constructor(clock: Clock, tokens: TokenSource | undefined) {
    this.#clock = clock;
    this.#tokens = tokens;
  }

  /** The token for the next try. @throws as `TokenSource.get`. */
  async next(limitMs: number): Promise<string | undefined> {
    this.#shown = await this.#tokens?.get(limitMs);
    this.#shownAtMs = this.#clock.now();
    return this.#shown;
  }

  /**
   * What is left of an error. Nothing: a daemon has refused the token, and there is another one now, so try again at once. That comes once, and then
   * again only where the token before was good for a while: a wait or a watch may outlive many.
   */
  async leaves(error: Error, limitMs: number): Promise<Error | undefined> {
    if (this.#tokens === undefined || !isUnauthenticated(error)) return error;
    // The first one can't be read.
    if (this.#shown === undefined) return error;
    const isNew = this.#clock.now() - this.#shownAtMs < STEADY_MS;
    if (this.#wasRefused && isNew) return error;
    try {
      const isThere = await this.#tokens.another(this.#shown, limitMs);
      this.#wasRefused = true;
      return isThere ? undefined : error;
    } catch (unreadable) {
      return unreadable as Error; // as `another` has it
    }
  }
}

/** A daemon says that it does not know who calls, or does not any more. */
export function isUnauthenticated(error: unknown): error is SharedLockError {
  return error instanceof SharedLockError && error.code === 'UNAUTHENTICATED';
}
