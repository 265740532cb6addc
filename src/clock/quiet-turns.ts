/** So many turns, each with a connection that came, are let pass: well below a second. */
const MAX_TURNS = 100;

/**
 * Turns of the event loop for work that takes long, one piece of it a turn. libuv takes one connection of each listening socket in a turn
 * (1.46, of Node.js 20), so connections wait for as long as turns take: those that come and go at once would have all others wait behind
 * them. So long work waits while connections come, but not for long.
 */
export class QuietTurns {
  #came = 0;
  readonly #waiting: (() => void)[] = [];

  connectionCame(): void {
    this.#came++;
  }

  /** Calls back in a turn of its own, after everything was read that came by now: many a caller has left by then. */
  next(callback: () => void): void {
    this.#waiting.push(callback);
    // The first one may come before the loop has looked once more for what came.
    if (this.#waiting.length === 1) setImmediate(() => this.#look());
  }

  #look(): void {
    let turns = 0;
    let seen = this.#came;
    const look = (): void => {
      if (seen === this.#came || ++turns >= MAX_TURNS) {
        const [callback] = this.#waiting;
        callback?.();
        this.#waiting.shift();
        if (this.#waiting.length > 0) this.#look();
        return;
      }
      seen = this.#came;
      setImmediate(look);
    };
    setImmediate(look);
  }
}
