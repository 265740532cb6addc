import type { Clock } from '../clock/clock.js';
import type { HandshakeFailure } from '../server/handlers/wire.js';
import type { Logger } from '../telemetry/logger.js';

const EVERY_MS = 1000;

/** Logs failed TLS handshakes, the latest of them once a second: anybody who can connect can make many. */
export class HandshakeLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Undefined: within the last second nothing was logged. */
  #waiting: { latest: HandshakeFailure | undefined; count: number } | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  add(failure: HandshakeFailure): void {
    if (this.#waiting === undefined) {
      this.#write(failure, 0);
      return;
    }
    this.#waiting.latest = failure;
    this.#waiting.count += 1;
  }

  #write(failure: HandshakeFailure, suppressed: number): void {
    const more = suppressed === 0 ? {} : { suppressed };
    this.#logger.warn('a TLS handshake failed', { ...failure, ...more });
    this.#waiting = { latest: undefined, count: 0 };
    this.#clock.timer(EVERY_MS, () => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting?.latest !== undefined) this.#write(waiting.latest, waiting.count - 1);
    });
  }
}
