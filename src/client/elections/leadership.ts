import { randomName } from '../../clock/random.js';
import type { Term } from '../../core/election.js';
import type { HoldState, LeaseStatus } from '../locks/held-lease.js';
import type { Lock } from '../locks/lock.js';
import type { ClientParts } from '../parts.js';

/**
 * A term of this process as the leader, kept by renewing its lease. Disposable: at the end of an `await using` block it
 * resigns, and nothing is thrown.
 */
export class Leadership implements AsyncDisposable {
  readonly #parts: ClientParts;
  readonly #lock: Lock;
  readonly #signal: AbortSignal;

  /** @internal `signal` may end it sooner than the lock's. */
  constructor(parts: ClientParts, lock: Lock, signal = lock.signal) {
    this.#parts = parts;
    this.#lock = lock;
    this.#signal = signal;
  }

  /** The election. */
  get name(): string {
    return this.#lock.name;
  }

  /** Its fencing token: higher than the term of every leader before. */
  get term(): Term {
    return this.#lock.fencingToken;
  }

  /** The lease that holds the term. */
  get lease(): LeaseStatus {
    return this.#lock.lease;
  }

  /**
   * Aborts when the term is lost, with a LockLostError as its reason: before anybody else can be elected. Also when the client is
   * closed, with a SharedLockError CANCELLED; of `lead` when its options' `signal` does; not when it resigns.
   * `AbortSignal.any` of it is late after the process stood still, since it does not look at the clock: use `signalWith`.
   */
  get signal(): AbortSignal {
    return this.#signal;
  }

  /** As a lock's: `signal` and others in one, which looks at the clock when it is asked. */
  signalWith(...others: readonly AbortSignal[]): AbortSignal {
    return this.#lock.signalWith(this.#signal, ...others);
  }

  /** As of now, by this process's own clock. RELEASED: it resigned. */
  get state(): HoldState {
    return this.#lock.state;
  }

  /** @throws LockLostError if the term is lost; SharedLockError FAILED_PRECONDITION after it resigned. */
  assertLeader(): void {
    this.#lock.assertHeld();
  }

  /** Asks a daemon whether it leads. @throws as a lock's `confirm`. */
  confirm(): Promise<void> {
    return this.#lock.confirm();
  }

  /**
   * Changes the published value (at most 64 KiB), and keeps the term.
   * @throws LockLostError if the term is lost; SharedLockError FAILED_PRECONDITION if it does not lead any more.
   */
  async proclaim(value: string): Promise<void> {
    this.assertLeader();
    const { name, term } = this;
    const request = { name, term, value, leaseId: this.lease.id, requestId: randomName() };
    await this.#parts.caller.unary('ElectionService', 'Proclaim', request);
  }

  /**
   * Gives up the term: who waits longest is elected at once. Idempotent.
   * @returns false if it was lost before.
   * @throws SharedLockError UNAVAILABLE if no daemon answers in time: others are then elected when the TTL is over.
   */
  resign(): Promise<boolean> {
    return this.#lock.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lock[Symbol.asyncDispose]();
  }
}
