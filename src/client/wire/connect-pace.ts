import type { Clock, Timer } from '../../clock/clock.js';
import type { SharedLockError } from '../errors.js';
import { backoffMs } from './backoff.js';

/** Of the pause of a caller: so who waits at a daemon that comes back finds it soon. */
const SHARE_OF_BACKOFF = 1 / 2;

/**
 * How often a connection to one daemon is tried: after an attempt that failed only once a pause is over, which grows with each
 * failure in a row, up to half a second. However many wait for the daemon, they share the attempts.
 */
export class ConnectPace {
  readonly #clock: Clock;
  readonly #mayTry: () => void;
  #failures = 0;
  #error: SharedLockError | undefined;
  #pause: Timer | undefined;

  /** @param mayTry is called when a pause is over. */
  constructor(clock: Clock, mayTry: () => void) {
    this.#clock = clock;
    this.#mayTry = mayTry;
  }

  /** What the last attempt failed with, while there may be no other one. */
  get refusal(): SharedLockError | undefined {
    return this.#error;
  }

  succeeded(): void {
    this.#failures = 0;
    this.end();
  }

  failed(error: SharedLockError): void {
    this.#failures += 1;
    this.end();
    this.#error = error;
    this.#pause = this.#clock.timer(backoffMs(this.#failures) * SHARE_OF_BACKOFF, () => {
      this.end();
      this.#mayTry();
    });
  }

  /** Of the pause. */
  end(): void {
    this.#pause?.cancel();
    this.#error = undefined;
  }
}
