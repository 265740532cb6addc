import { Fault } from '../../core/errors.js';
import { SharedLockError } from '../errors.js';
import { checkOptions } from '../check-options.js';
import { ACQUIRE_OPTIONS } from '../options.js';
import type { AcquireOptions } from '../options.js';
import type { ClientParts } from '../parts.js';
import type { Acquired } from './acquire.js';
import { acquireUnder, untilFree } from './acquire-under.js';
import { lockClaim } from './claim.js';
import type { HeldLease, HoldState, LeaseStatus } from './held-lease.js';
import type { Lock } from './lock.js';
import { checkWait } from './requests.js';
import { SessionNames } from './session-names.js';
import { lockIn, runUnder } from './with-lock.js';
import type { LockContext } from './with-lock.js';

/**
 * A session: any number of locks with one lease. When it ends, they are all released at once. Disposable: at the end of
 * an `await using` block it is revoked, and nothing is thrown.
 */
export class Lease implements LeaseStatus, AsyncDisposable {
  readonly #parts: ClientParts;
  readonly #held: HeldLease;
  readonly #names = new SessionNames();
  #isLeft = false;

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

  get refusal(): string | undefined {
    return this.#held.refusal;
  }

  get signal(): AbortSignal {
    return this.#held.signal;
  }

  signalWith(...others: readonly AbortSignal[]): AbortSignal {
    return this.#held.signalWith(...others);
  }

  /**
   * As `client.acquire`, with this lease; `ttlMs` is of no account. If the lock was just released, or an `acquire` of it given
   * up, it begins when that has ended at the daemon too.
   * @throws NotAcquiredError if it is held until the wait is over; LeaseLostError if the lease is lost meanwhile;
   * SharedLockError FAILED_PRECONDITION if this lease holds that lock, or waits for it, already; UNAVAILABLE
   * (RELEASE_PENDING) if what it waits for first does not end in time.
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
    return runUnder(this.#parts, await this.acquire(name, options), options.signal, work);
  }

  /**
   * Ends the lease; all it holds is released, and the signals of its locks abort before, with a LockLostError: work that goes on
   * under one has to stop. Idempotent.
   * @returns false if it had ended before.
   * @throws SharedLockError UNAVAILABLE if no daemon answers in time: it then ends when its TTL is over.
   */
  revoke(): Promise<boolean> {
    for (const lock of this.locks) lock.revoked();
    return this.#held.revoke();
  }

  /** @internal The client closes. */
  callOff(reason: Error): void {
    this.#held.callOff(reason);
    for (const lock of this.locks) lock.callOff(reason);
  }

  /** @internal Those that it holds. */
  get locks(): readonly Lock[] {
    return this.#names.locks;
  }

  /** @internal The client is closed, and work goes on under it. */
  leave(): void {
    this.#isLeft = true;
    this.#held.leave();
    for (const lock of this.locks) lock.leave();
  }

  /** @internal Calls back once it is revoked, as far as that is known, or lost. */
  whenOver(callback: () => void): void {
    this.#held.whenOver(callback);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // That it is not given back was told already.
    if (this.#isLeft) return;
    try {
      await this.revoke();
    } catch (error) {
      const message = 'a lease was not revoked; it ends when its TTL is over';
      this.#parts.settings.warn(new Error(message, { cause: error }));
    }
  }

  async #acquire(name: string, options: AcquireOptions, defaultWaitMs: number): Promise<Acquired> {
    checkOptions(options, ACQUIRE_OPTIONS);
    const { settings, stopping } = this.#parts;
    const { signal } = options;
    const untilMs = settings.clock.now() + checkWait(options.waitMs ?? defaultWaitMs);
    const wait = {
      ...{ untilMs, signal, lease: this.#held },
      claim: lockClaim(name, options, settings.owner),
    };
    signal?.throwIfAborted();
    stopping.throwIfAborted();
    this.#checkLives();
    let mustEnd = this.#names.take(name);
    let acquired: Acquired | undefined;
    try {
      if (mustEnd !== undefined) await untilFree(this.#parts, wait, mustEnd);
      mustEnd = undefined;
      this.#checkLives();
      acquired = await acquireUnder(this.#parts, wait, (ended) => {
        mustEnd = ended;
      });
      return await this.#unlessClosing(acquired);
    } finally {
      if (acquired?.kind === 'acquired') this.#names.hold(name, acquired.lock);
      else this.#names.freeAfter(name, mustEnd);
    }
  }

  /** A client that closes has called off what it knew of, and not what was granted meanwhile. */
  async #unlessClosing(acquired: Acquired): Promise<Acquired> {
    const { stopping } = this.#parts;
    if (stopping.aborted && acquired.kind === 'acquired') {
      await acquired.lock[Symbol.asyncDispose]();
      throw stopping.reason;
    }
    return acquired;
  }

  #checkLives(): void {
    const { state, signal } = this.#held;
    if (state === 'LOST') throw signal.reason;
    if (state !== 'RELEASED') return;
    throw new SharedLockError(new Fault('FAILED_PRECONDITION', 'the lease was revoked'));
  }
}
