/** A map of a bounded size: what was put in longest ago makes room. */
export class Recent<Key, Value> {
  readonly #capacity: number;
  /** In the order in which they were put in. */
  readonly #values = new Map<Key, Value>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: Key): Value | undefined {
    return this.#values.get(key);
  }

  put(key: Key, value: Value): void {
    this.#values.delete(key);
    if (this.#values.size >= this.#capacity) {
      const oldest = this.#values.keys().next();
      if (oldest.done !== true) this.#values.delete(oldest.value);
    }
    this.#values.set(key, value);
  }

  delete(key: Key): void {
    this.#values.delete(key);
  }
}
