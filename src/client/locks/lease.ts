import { Fault } from '../../core/errors.js';
import { SharedLockError } from '../errors.js';
import { checkOptions } from '../check-options.js';
import { ACQUIRE_OPTIONS } from '../options.js';
import type { AcquireOptions } from '../options.js';
import type { ClientParts } from '../parts.js';
import { acquireUnder } from './acquire.js';
import type { Acquired } from './acquire.js';
import { lockClaim } from './claim.js';
import type { HeldLease, HoldState, LeaseStatus } from './held-lease.js';
import type { Lock } from './lock.js';
import { lockIn, runUnder } from './with-lock.js';
import type { LockContext } from './with-lock.js';

const MAX_LOCKS = 10_000;

/**
 * A session: any number of locks with one lease. When it ends, they are all released at once. Disposable: at the end of
 * an `await using` block it is revoked, and nothing is thrown.
 */
export class Lease implements LeaseStatus, AsyncDisposable {
  readonly #parts: ClientParts;
  readonly #held: HeldLease;
  /** By the names that are held, or waited for. */
  readonly #locks = new Map<string, Lock | undefined>();

  /** @internal */
  constructor(parts: ClientParts, held: HeldLease) {
    this.#parts = parts;
    this.#held = held;
  }

  get id(): string {
    return this.#held.id;
  }

  get ttlMs(): number {
    return this.#held.ttlMs;
  }

  get state(): HoldState {
    return this.#held.state;
  }

  get remainingMs(): number {
    return this.#held.remainingMs;
  }

  get signal(): AbortSignal {
    return this.#held.signal;
  }

  /**
   * As `client.acquire`, with this lease; `ttlMs` is of no account.
   * @throws NotAcquiredError if it is held until the wait is over; LeaseLostError if the lease is lost meanwhile;
   * SharedLockError FAILED_PRECONDITION if this lease holds that lock, or waits for it, already.
   */
  async acquire(name: string, options: AcquireOptions = {}): Promise<Lock> {
    return lockIn(await this.#acquire(name, options, Infinity));
  }

  /** As `client.tryAcquire`, with this lease. @throws as `acquire`, but no NotAcquiredError. */
  async tryAcquire(name: string, options: AcquireOptions = {}): Promise<Lock | undefined> {
    const acquired = await this.#acquire(name, options, 0);
    return acquired.kind === 'acquired' ? acquired.lock : undefined;
  }

  /** As `client.withLock`, with this lease. @throws also as `acquire`. */
  async withLock<T>(
    name: string,
    options: AcquireOptions,
    work: (context: LockContext) => Promise<T> | T,
  ): Promise<T> {
    return runUnder(await this.acquire(name, options), work);
  }

  /**
   * Ends the lease; all it holds is released. Idempotent.
   * @returns false if it had ended before.
   * @throws SharedLockError UNAVAILABLE if no daemon answers in time: it then ends when its TTL is over.
   */
  revoke(): Promise<boolean> {
    return this.#held.revoke();
  }

  /** @internal The client closes. */
  callOff(reason: Error): void {
    this.#held.callOff(reason);
    for (const lock of this.#locks.values()) lock?.callOff(reason);
  }

  /** @internal Calls back once it is revoked, as far as that is known, or lost. */
  whenOver(callback: () => void): void {
    this.#held.whenOver(callback);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.revoke();
    } catch (error) {
      const message = 'a lease was not revoked; it ends when its TTL is over';
      this.#parts.settings.warn(new Error(message, { cause: error }));
    }
  }

  async #acquire(name: string, options: AcquireOptions, waitMs: number): Promise<Acquired> {
    checkOptions(options, ACQUIRE_OPTIONS);
    this.#checkFree(name);
    const claim = lockClaim(name, options, this.#parts.settings.owner);
    this.#locks.set(name, undefined);
    let acquired: Acquired | undefined;
    try {
      acquired = await acquireUnder(this.#parts, this.#held, claim, options, waitMs);
      return acquired;
    } finally {
      const forget = (): void => void this.#locks.delete(name);
      if (acquired?.kind === 'acquired') {
        this.#locks.set(name, acquired.lock);
        acquired.lock.whenOver(forget);
      } else forget();
    }
  }

  /** The daemon gives a lease the same grant again: two locks here would be one there. */
  #checkFree(name: string): void {
    if (this.#held.state === 'LOST') throw this.#held.signal.reason;
    const fault = (message: string): SharedLockError =>
      new SharedLockError(new Fault('FAILED_PRECONDITION', message));
    if (this.#held.state === 'RELEASED') throw fault('the lease was revoked');
    if (this.#locks.has(name)) {
      throw fault(`this lease holds or awaits lock ${JSON.stringify(name)} already`);
    }
    if (this.#locks.size >= MAX_LOCKS) throw fault(`this lease has ${MAX_LOCKS} locks already`);
  }
}
