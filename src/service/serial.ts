/** Runs what concerns one name one after the other, in the order of asking. Holds no more names than are in use. */
export class Serial {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when it is the caller's turn, to what ends the turn; that must be called once. */
  async enter(name: string): Promise<() => void> {
    const before = this.#last.get(name);
    let end = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last.set(name, turn);
    await before;
    return () => {
      if (this.#last.get(name) === turn) this.#last.delete(name);
      end();
    };
  }
}
