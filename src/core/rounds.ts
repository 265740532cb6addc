/**
 * Goes round the entries of a map, a few at a time and in their order, whatever is put there or deleted meanwhile: for those
 * who look for what can go, and must not look at all of it at once.
 */
export class Rounds<Key, Value> {
  readonly #map: ReadonlyMap<Key, Value>;
  #rest: Iterator<[Key, Value], undefined>;

  constructor(map: ReadonlyMap<Key, Value>) {
    this.#map = map;
    this.#rest = map.entries();
  }

  /** The next entries: so many, or as many as there are. */
  next(count: number): readonly [Key, Value][] {
    const entries: [Key, Value][] = [];
    const most = Math.min(count, this.#map.size);
    while (entries.length < most) {
      const next = this.#rest.next();
      if (next.done === true) this.#rest = this.#map.entries();
      else entries.push(next.value);
    }
    return entries;
  }
}
