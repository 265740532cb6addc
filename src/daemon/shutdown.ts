import { sleep, type Clock } from '../clock/clock.js';
import type { Logger } from '../telemetry/logger.js';

interface Part {
  readonly name: string;
  readonly limitMs: number;
  readonly stop: () => void | Promise<void>;
}

/** What was started, so that it can be stopped in reverse. */
export class Shutdown {
  readonly #parts: Part[] = [];
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Remembers how to stop a part that has just been started. It has `limitMs` for it; default 5 s. */
  add(name: string, stop: () => void | Promise<void>, limitMs = 5000): void {
    this.#parts.push({ name, stop, limitMs });
  }

  /** Stops all, the last one first. One that fails, or takes too long, does not keep the others from it. */
  async run(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      await this.#stop(part);
    }
  }

  async #stop({ name, stop, limitMs }: Part): Promise<void> {
    const done = new AbortController();
    const stopped = Promise.resolve()
      .then(stop)
      .then(() => true)
      .catch((error: unknown) => {
        this.#logger.error('a part of the daemon did not stop well', { part: name, err: error });
        return true;
      });
    const late = sleep(this.#clock, limitMs, done.signal).then(() => false);
    if (!(await Promise.race([stopped, late]))) {
      this.#logger.warn('a part of the daemon took too long to stop', { part: name, limitMs });
    }
    done.abort();
  }
}
