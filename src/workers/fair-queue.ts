/** After so many quick ones in a row, another one has its turn. */
const QUICK_IN_A_ROW = 16;

interface Entry<T> {
  readonly owner: string;
  readonly item: T;
}

/** Of one owner after the other, the oldest. */
class Turns<T> {
  /** Who has none has no list. In the order of their turns. */
  readonly #byOwner = new Map<string, T[]>();
  /** The last one. */
  #served: string | undefined;

  push(owner: string, item: T): void {
    const items = this.#byOwner.get(owner);
    if (items === undefined) this.#byOwner.set(owner, [item]);
    else items.push(item);
  }

  shift(): T | undefined {
    const [first, second] = this.#byOwner.keys();
    // Who came while another one was served goes before what that one has left.
    const owner = first === this.#served ? (second ?? first) : first;
    if (owner === undefined) return undefined;
    const items = this.#byOwner.get(owner) ?? [];
    const item = items.shift();
    this.#byOwner.delete(owner);
    if (items.length > 0) this.#byOwner.set(owner, items);
    this.#served = owner;
    return item;
  }

  delete(owner: string, item: T): boolean {
    const items = this.#byOwner.get(owner) ?? [];
    const index = items.indexOf(item);
    if (index < 0) return false;
    items.splice(index, 1);
    if (items.length === 0) this.#byOwner.delete(owner);
    return true;
  }

  count(owner: string): number {
    return this.#byOwner.get(owner)?.length ?? 0;
  }

  /** The newest of one owner. */
  newest(owner: string): T | undefined {
    return this.#byOwner.get(owner)?.at(-1);
  }

  get owners(): Iterable<string> {
    return this.#byOwner.keys();
  }
}

/**
 * A queue with a limit, in which the owners take turns, whatever each of them has put in. What is known to be quick goes
 * before what is not. When it is full, it refuses who has most in it.
 */
export class FairQueue<T> {
  readonly #limit: number;
  readonly #quick = new Turns<T>();
  readonly #other = new Turns<T>();
  #size = 0;
  #quickInARow = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns what there is no room for: this one, or one of an owner who has more in the queue than this one's. */
  push(owner: string, item: T, isQuick: boolean): T | undefined {
    const refused = this.#size < this.#limit ? undefined : this.#newestOfLargest(owner);
    if (this.#size >= this.#limit) {
      if (refused === undefined) return item;
      this.delete(refused.owner, refused.item);
    }
    (isQuick ? this.#quick : this.#other).push(owner, item);
    this.#size++;
    return refused?.item;
  }

  /** Takes the next one out; undefined: there is none. */
  shift(): T | undefined {
    const quick = this.#quickInARow < QUICK_IN_A_ROW ? this.#quick.shift() : undefined;
    this.#quickInARow = quick === undefined ? 0 : this.#quickInARow + 1;
    const item = quick ?? this.#other.shift() ?? this.#quick.shift();
    if (item !== undefined) this.#size--;
    return item;
  }

  /** Takes one out, if it is there. */
  delete(owner: string, item: T): void {
    if (this.#quick.delete(owner, item) || this.#other.delete(owner, item)) this.#size--;
  }

  #newestOfLargest(asking: string): Entry<T> | undefined {
    let largest = asking;
    for (const owner of new Set([...this.#quick.owners, ...this.#other.owners])) {
      if (this.#countOf(owner) > this.#countOf(largest)) largest = owner;
    }
    if (largest === asking) return undefined;
    const item = this.#other.newest(largest) ?? this.#quick.newest(largest);
    return item === undefined ? undefined : { owner: largest, item };
  }

  #countOf(owner: string): number {
    return this.#quick.count(owner) + this.#other.count(owner);
  }
}
