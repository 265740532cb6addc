/** Names that are remembered; the one seen longest ago makes room. */
const CAPACITY = 10_000;

/**
 * Locks that were found taken when they were last tried. Who tries one of these looks first, so that nobody makes a
 * lease for nothing at each try of a lock that is held for hours. Only a guess which way is the shorter: what is
 * answered, the store says.
 */
export class TakenLately {
  /** In the order in which they were last seen. */
  readonly #names = new Set<string>();

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** It was taken. */
  add(name: string): void {
    this.#names.delete(name);
    const [oldest] = this.#names;
    if (this.#names.size >= CAPACITY && oldest !== undefined) this.#names.delete(oldest);
    this.#names.add(name);
  }

  /** It was free. */
  delete(name: string): void {
    this.#names.delete(name);
  }
}
