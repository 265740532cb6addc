import { OrderedMap } from '@js-sdsl/ordered-map';
import { compareKeys, type State } from '../apply.js';
import type { Entry, KeyRange } from '../store.js';

/** All entries: by key in constant time, by range in the order of their keys. */
export class EntryMap implements State {
  readonly #byKey = new Map<string, Entry>();
  /** With an index, so that a range is counted without being walked. */
  readonly #ordered = new OrderedMap<string, Entry>([], compareKeys, true);

  get(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  *list(range: KeyRange): Generator<Entry> {
    if (range.to === undefined) {
      const entry = this.#byKey.get(range.from);
      if (entry !== undefined) yield entry;
      return;
    }
    const cursor = this.#ordered.lowerBound(range.from);
    while (cursor.isAccessible()) {
      const entry = cursor.pointer[1];
      if (compareKeys(entry.key, range.to) >= 0) return;
      yield entry;
      cursor.next();
    }
  }

  count(range: KeyRange): number {
    if (range.to === undefined) return this.#byKey.has(range.from) ? 1 : 0;
    return Math.max(0, this.#position(range.to) - this.#position(range.from));
  }

  set(entry: Entry): void {
    this.#byKey.set(entry.key, entry);
    this.#ordered.setElement(entry.key, entry);
  }

  delete(key: string): void {
    if (this.#byKey.delete(key)) this.#ordered.eraseElementByKey(key);
  }

  clear(): void {
    this.#byKey.clear();
    this.#ordered.clear();
  }

  /** How many keys are before `key`. */
  #position(key: string): number {
    const cursor = this.#ordered.lowerBound(key);
    return cursor.isAccessible() ? cursor.index : this.#ordered.size();
  }
}
