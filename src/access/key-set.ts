import { createLocalJWKSet, errors } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import { authUnavailable } from '../core/access/faults.js';
import type { Clock } from '../clock/clock.js';

/** Between two reads at least, whoever asks for keys that are not known. */
const COOLDOWN_MS = 30_000;
/** Keys that are older are read again, so that one that was taken back is not good for longer. */
const MAX_AGE_MS = 600_000;

/**
 * The public keys that tokens are verified with. They are read when they are first needed, when a key is asked for that they don't have, and when
 * they are old; once in 30 s at most. What can't be read leaves the keys as they were.
 */
export class KeySet {
  readonly #clock: Clock;
  readonly #read: () => Promise<unknown>;
  readonly #failed: (error: unknown) => void;
  #keys: JWTVerifyGetKey | undefined;
  #readAtMs = -Infinity;
  #triedAtMs = -Infinity;
  #reading: Promise<void> | undefined;

  /** @param read what a JWKS is as JSON, decoded. @param failed is told why it could not be read. */
  constructor(clock: Clock, read: () => Promise<unknown>, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#read = read;
    this.#failed = failed;
  }

  /**
   * Finds the key of a token, as jose wants it.
   * @throws Fault UNAVAILABLE if that can't be known before the next read; jose's error if there is none.
   */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    const readAtMs = this.#readAtMs;
    const isOld = this.#clock.now() - readAtMs >= MAX_AGE_MS;
    if (isOld) await this.#refresh();
    if (this.#keys === undefined) throw this.#notNow();
    try {
      return await this.#keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    if (this.#readAtMs === readAtMs) await this.#refresh();
    if (this.#readAtMs === readAtMs) throw this.#notNow();
    return this.#keys(header, token);
  };

  #notNow(): Error {
    return authUnavailable(this.#triedAtMs + COOLDOWN_MS - this.#clock.now());
  }

  /** Reads them, or waits for who does; does nothing during the cooldown. Never rejects. */
  async #refresh(): Promise<void> {
    if (this.#reading === undefined) {
      if (this.#clock.now() - this.#triedAtMs < COOLDOWN_MS) return;
      this.#triedAtMs = this.#clock.now();
      this.#reading = this.#load().finally(() => {
        this.#reading = undefined;
      });
    }
    await this.#reading;
  }

  async #load(): Promise<void> {
    try {
      // It checks what it is given.
      this.#keys = createLocalJWKSet((await this.#read()) as never);
      this.#readAtMs = this.#clock.now();
    } catch (error) {
      this.#failed(error);
    }
  }
}
