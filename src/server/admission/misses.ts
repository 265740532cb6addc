/** After so many renewals and releases in a row that found nothing, a caller's come first no longer. */
const MAX_MISSES = 16;

/** So many callers are remembered, those that missed last. */
const MAX_CALLERS = 10_000;

/** What renewals, releases and the like answer when there was nothing to do. */
const NOTHING: readonly string[] = ['released', 'revoked', 'resigned', 'unseated'];

/** Faults of a request that had nothing to keep, or was none. The others, such as UNAVAILABLE, say nothing of that. */
const OF_NOTHING: ReadonlySet<string> = new Set([
  ...['INVALID_ARGUMENT', 'NOT_FOUND', 'ALREADY_EXISTS', 'FAILED_PRECONDITION', 'OUT_OF_RANGE'],
  ...['UNAUTHENTICATED', 'PERMISSION_DENIED'],
]);

/**
 * Which callers only seem to keep locks. What keeps locks is served when all else is refused, so renewals of leases that are
 * not there must not be, nor what is no renewal, or a flood of them would be. One that finds its lease clears its caller: who holds
 * something is never one.
 */
export class Misses {
  readonly #inARow = new Map<string, number>();

  /** @param caller a connection, by its address and port; or, behind a proxy, an address. */
  isStranger(caller: string): boolean {
    return this.#inARow.size > 0 && (this.#inARow.get(caller) ?? 0) >= MAX_MISSES;
  }

  /** A connection has ended: the next one from its port may be another's. */
  forget(caller: string): void {
    if (this.#inARow.size > 0) this.#inARow.delete(caller);
  }

  /** What came of a request that keeps a lock, or gives it back. */
  told(caller: string, isFound: boolean): void {
    // All callers of Unix sockets have this name: they are trusted.
    if (caller === 'unix') return;
    if (isFound) {
      this.forget(caller);
      return;
    }
    const misses = (this.#inARow.get(caller) ?? 0) + 1;
    // At the end of the order.
    this.#inARow.delete(caller);
    this.#inARow.set(caller, misses);
    if (this.#inARow.size <= MAX_CALLERS) return;
    const [oldest] = this.#inARow.keys();
    if (oldest !== undefined) this.#inARow.delete(oldest);
  }
}

/** Whether a fault says that there was nothing to keep, or to give back. */
export function isOfNothing(code: string): boolean {
  return OF_NOTHING.has(code);
}

/** Whether the answer of a release, a revocation or the like says that there was nothing. */
export function didNothing(answer: object): boolean {
  const members = answer as Readonly<Record<string, unknown>>;
  return NOTHING.some((name) => members[name] === false);
}
