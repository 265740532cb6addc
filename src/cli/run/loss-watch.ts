import type { Held } from './held.js';

const MAX_GRACE_MS = 10_000;
const GRACE_SHARE = 0.2;
const POLL_SHARE = 0.05;
const MIN_POLL_MS = 25;
const MAX_POLL_MS = 1000;

/** What shall happen to what a lock protects. */
export interface LossListener {
  /** The lock was renewed: it is held until then, by `process.hrtime.bigint()`. */
  held(untilNs: bigint): void;
  /** It will be lost soon unless a renewal succeeds: time to stop in good order. Once. */
  losing(): void;
  /** It is lost: by this process's clock, before anybody else can have it; or somebody took it. Once. */
  lost(): void;
}

/**
 * How long before a lock counts as lost its user is asked to stop: a fifth of the time that a renewal gives, at most
 * 10 s. Of a TTL of 10 s: the lock is lost 8 s after the last renewal, and its user asked to stop after 6.4 s.
 */
function graceMs(held: Held): number {
  return Math.min(held.lease.remainingMs * GRACE_SHARE, MAX_GRACE_MS);
}

/** Until when a lock is held, as far as this process knows. */
export function heldUntilNs(held: Held): bigint {
  const nowNs = process.hrtime.bigint();
  return nowNs + BigInt(Math.floor(held.lease.remainingMs * 1e6));
}

/** Looks at a lock from time to time, and when it says that it is lost. Call it when the lock was just granted. */
export class LossWatch {
  readonly #held: Held;
  readonly #listener: LossListener;
  readonly #graceMs: number;
  readonly #timer: NodeJS.Timeout;
  #isLosing = false;
  #isOver = false;

  constructor(held: Held, listener: LossListener) {
    this.#held = held;
    this.#listener = listener;
    this.#graceMs = graceMs(held);
    const pollMs = Math.min(Math.max(held.lease.ttlMs * POLL_SHARE, MIN_POLL_MS), MAX_POLL_MS);
    this.#timer = setInterval(() => this.check(), pollMs);
    held.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.check();

  /** Looks now: after a pause of this process nothing else may come first. */
  check(): void {
    if (this.#isOver) return;
    if (this.#held.signal.aborted) {
      this.stop();
      this.#listener.lost();
      return;
    }
    // Once it was asked to stop it has no longer than the grace, renewed or not.
    if (this.#isLosing) return;
    if (this.#held.lease.remainingMs > this.#graceMs) {
      this.#listener.held(heldUntilNs(this.#held));
      return;
    }
    this.#isLosing = true;
    this.#listener.losing();
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#held.signal.removeEventListener('abort', this.#onAbort);
  }
}
