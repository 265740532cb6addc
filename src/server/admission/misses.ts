/** After so many renewals and releases in a row that found nothing, a connection's are like other requests. */
const MAX_MISSES = 16;

/** So many connections are remembered, those that missed last. */
const MAX_CONNECTIONS = 10_000;

/** What renewals, releases and the like answer when there was nothing to do. */
const NOTHING: readonly string[] = ['released', 'revoked', 'resigned', 'unseated'];

/**
 * Which connections only seem to keep locks. What keeps locks is served when all else is refused, so renewals of leases that are
 * not there must not be, or a flood of them would be. One that finds its lease clears its connection: who holds something is never one.
 */
export class Misses {
  readonly #inARow = new Map<string, number>();

  /** @param peer address and port. */
  isStranger(peer: string): boolean {
    return this.#inARow.size > 0 && (this.#inARow.get(peer) ?? 0) >= MAX_MISSES;
  }

  /** What came of a request that keeps a lock, or gives it back. */
  told(peer: string, isFound: boolean): void {
    // All callers of Unix sockets have this name: they are trusted.
    if (peer === 'unix') return;
    if (isFound) {
      if (this.#inARow.size > 0) this.#inARow.delete(peer);
      return;
    }
    const misses = (this.#inARow.get(peer) ?? 0) + 1;
    // At the end of the order.
    this.#inARow.delete(peer);
    this.#inARow.set(peer, misses);
    if (this.#inARow.size <= MAX_CONNECTIONS) return;
    const [oldest] = this.#inARow.keys();
    if (oldest !== undefined) this.#inARow.delete(oldest);
  }
}

/** Whether the answer of a release, a revocation or the like says that there was nothing. */
export function didNothing(answer: object): boolean {
  const members = answer as Readonly<Record<string, unknown>>;
  return NOTHING.some((name) => members[name] === false);
}
