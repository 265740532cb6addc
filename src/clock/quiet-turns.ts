/** So many turns, each with a connection that came, are let pass: well below a second. */
const MAX_TURNS = 100;

/**
 * Turns of the event loop for work that takes long. libuv takes one connection of each listening socket in a turn (1.46, of Node.js 20), so
 * connections wait for as long as turns take: those that come and go at once would have all others wait behind them. So long work waits
 * while connections come, but not for long.
 */
export class QuietTurns {
  #came = 0;

  connectionCame(): void {
    this.#came++;
  }

  /** Calls back in a later turn. */
  next(callback: () => void): void {
    let turns = 0;
    let seen = this.#came;
    const look = (): void => {
      if (seen === this.#came || ++turns >= MAX_TURNS) {
        callback();
        return;
      }
      seen = this.#came;
      setImmediate(look);
    };
    setImmediate(look);
  }
}
