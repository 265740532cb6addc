/** Up to this part of a limit nobody is refused, whoever has how much of it. */
const CALM = 0.8;

/** What a pool is asked to decide by. */
export interface Use {
  readonly limit: number;
  /** Of all users, and of those who have no share. */
  readonly total: number;
  /** Of the user who asks; undefined: it has no share, and is refused only when all is taken. */
  readonly mine: number | undefined;
  /** Of the user who has most. */
  readonly largest: number;
  /** How many users have any of it, the one who asks among them. */
  readonly users: number;
}

/** Why there is no room: for nobody, or not for a user who has more than others. */
export type Refusal = 'FULL' | 'SHARE';

/**
 * Whether a user gets more of what all share. A fair share is no cap: an address may stand for many callers, so it counts only when most
 * is taken. Then the largest user is refused first; and the less is left, the more of those who have above the fair share, which is
 * reckoned with one user more than there are: what is left is for those who come.
 */
export function refusalOf({ limit, total, mine, largest, users }: Use): Refusal | undefined {
  if (total >= limit) return 'FULL';
  const calm = limit * CALM;
  if (mine === undefined || total < calm) return undefined;
  const fair = limit / (users + 1);
  const left = (limit - total) / (limit - calm);
  return mine >= Math.max(fair, fair + (largest - fair) * left) ? 'SHARE' : undefined;
}

/** After so many leaves for each eighth of its users, a pool looks anew who has most. */
const LOOK_EVERY = 8;

/**
 * Counts what is taken of a limit, in all and by user. Remembers no user who has nothing, so never more users than the
 * limit has units.
 */
export class SharedPool {
  readonly limit: number;
  readonly #byUser = new Map<string, number>();
  #total = 0;
  /** Of one user, at least: it is looked at anew only now and then. */
  #largest = 0;
  #leaves = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get total(): number {
    return this.#total;
  }

  /** What a user has. */
  amountOf(user: string): number {
    return this.#byUser.get(user) ?? 0;
  }

  /**
   * Whether there is room for more; nothing is counted. @param user undefined: has no share.
   * @param total where more is taken than is counted here.
   */
  refusal(user: string | undefined, total = this.#total): Refusal | undefined {
    const { limit } = this;
    if (total < limit * CALM) return undefined;
    const mine = user === undefined ? undefined : (this.#byUser.get(user) ?? 0);
    const users = this.#byUser.size + (mine === 0 ? 1 : 0);
    return refusalOf({ limit, total, mine, largest: this.#largestNow(), users });
  }

  /** Counts it whatever the limit says. `amount` is above 0, and `leave` gives the same back. */
  add(user: string | undefined, amount = 1): void {
    this.#total += amount;
    if (user === undefined) return;
    const mine = (this.#byUser.get(user) ?? 0) + amount;
    this.#byUser.set(user, mine);
    if (mine > this.#largest) this.#largest = mine;
  }

  /** Counts one if there is room for it. */
  enter(user: string | undefined): Refusal | undefined {
    const refusal = this.refusal(user);
    if (refusal === undefined) this.add(user);
    return refusal;
  }

  leave(user: string | undefined, amount = 1): void {
    this.#total -= amount;
    if (user === undefined) return;
    const mine = (this.#byUser.get(user) ?? 0) - amount;
    if (mine > 0) this.#byUser.set(user, mine);
    else this.#byUser.delete(user);
    this.#leaves++;
  }

  #largestNow(): number {
    if (this.#leaves * LOOK_EVERY >= this.#byUser.size) {
      this.#leaves = 0;
      this.#largest = 0;
      for (const amount of this.#byUser.values()) {
        if (amount > this.#largest) this.#largest = amount;
      }
    }
    return this.#largest;
  }
}
