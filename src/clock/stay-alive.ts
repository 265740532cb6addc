const LONG_MS = 2 ** 30;

/** Keeps the process alive while somebody needs it: the timers of a Clock don't. */
export class StayAlive {
  #needed = 0;
  #handle: NodeJS.Timeout | undefined;

  /** @returns what ends the need. Idempotent. */
  need(): () => void {
    this.#needed += 1;
    this.#handle ??= setInterval(() => undefined, LONG_MS);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#needed -= 1;
      if (this.#needed > 0) return;
      clearInterval(this.#handle);
      this.#handle = undefined;
    };
  }
}
