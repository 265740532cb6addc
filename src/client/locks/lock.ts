import { within } from '../../clock/within.js';
import { Fault } from '../../core/errors.js';
import type { LeaseState, LossCause } from '../../core/lease-state.js';
import type { FencingToken } from '../../core/lock.js';
import { LockLostError, SharedLockError } from '../errors.js';
import { truthfulAny, truthfulController } from '../keeping/held-signal.js';
import type { ClientParts } from '../parts.js';
import type { Claim } from './claim.js';
import { giveBackSurely } from './give-back.js';
import type { HeldLease, HoldState, LeaseStatus } from './held-lease.js';

/** Whose business it is to end the lease with the lock: the daemon's, this client's, or its owner's. */
export type LeaseOwner = 'daemon' | 'client' | 'session';

/** A loss is told after this at the latest, with its cause or without. */
const CAUSE_MS = 300;

/** @internal */
export interface LockGrant {
  readonly claim: Claim;
  readonly fencingToken: FencingToken;
  readonly lease: HeldLease;
  readonly leaseOwner: LeaseOwner;
}

/**
 * A lock that this client holds, and keeps by renewing its lease. Disposable: at the end of an `await using` block it
 * is released, as by `release`, but nothing is thrown.
 */
export class Lock implements AsyncDisposable {
  readonly name: string;
  /**
   * Higher than every token granted for this name before; from 1, below 2^53. Give it along with what you write: `fence` of
   * counters and configs, or a comparison of your own.
   */
  readonly fencingToken: FencingToken;
  readonly #parts: ClientParts;
  readonly #claim: Claim;
  readonly #lease: HeldLease;
  readonly #leaseOwner: LeaseOwner;
  readonly #controller: AbortController;
  readonly #unlisten: () => void;
  /** Since the doubt about the lease has passed, the daemon has not yet said whether it holds the lock. */
  #isUnconfirmed = false;
  #confirming: Promise<void> | undefined;
  #lost: LossCause | undefined;
  #released: Promise<boolean> | undefined;
  #isLeft = false;
  #isOver = false;
  readonly #over: (() => void)[] = [];

  /** @internal */
  constructor(parts: ClientParts, grant: LockGrant) {
    this.name = grant.claim.name;
    this.#claim = grant.claim;
    this.fencingToken = grant.fencingToken;
    this.#parts = parts;
    this.#lease = grant.lease;
    this.#leaseOwner = grant.leaseOwner;
    this.#controller = truthfulController(() => this.#lease.tick());
    this.#unlisten = grant.lease.listen((after, before) => this.#follow(after, before));
    const state = grant.lease.leaseState;
    if (state.kind === 'LOST') this.#lose(state.cause);
  }

  /** The lease that holds it; it may hold other locks too. */
  get lease(): LeaseStatus {
    return this.#lease;
  }

  /**
   * Aborts when the lock is lost, with a LockLostError as its reason: by this process's own clock, before anybody else
   * can be granted the lock. `aborted` looks at the clock, so that it is right also after the process stood still. Aborts
   * also when the client is closed that holds it, with a SharedLockError CANCELLED, and when its session is revoked, as if it
   * were lost; not when the lock is released.
   * `AbortSignal.any` of it is late after the process stood still, since it does not look at the clock: use `signalWith`.
   */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * `signal` and others in one, e.g. `lock.signalWith(AbortSignal.timeout(5000))`: aborts with the first of them, and its
   * `aborted` and `throwIfAborted` look at the clock as those of `signal` do. Each call leaves something at the signals, as
   * `AbortSignal.any` does, for as long as they live: with one that lives long call it rarely.
   */
  signalWith(...others: readonly AbortSignal[]): AbortSignal {
    return truthfulAny([this.signal, ...others]);
  }

  /** As of now, by this process's own clock. */
  get state(): HoldState {
    if (this.#released !== undefined) return 'RELEASED';
    this.#lease.tick();
    if (this.#lost !== undefined) return 'LOST';
    return this.#isUnconfirmed ? 'SUSPECT' : this.#lease.state;
  }

  /**
   * For the last moment before something that must not be done without the lock.
   * @throws LockLostError if it is lost; SharedLockError FAILED_PRECONDITION if it was released, or its session revoked.
   */
  assertHeld(): void {
    const { state } = this;
    if (state === 'LOST') throw this.signal.reason;
    if (state !== 'RELEASED') return;
    const message = `${this.#claim.title} was released`;
    throw new SharedLockError(new Fault('FAILED_PRECONDITION', message, { reason: 'RELEASED' }));
  }

  /**
   * Asks a daemon whether the token is still the holder's. Linearizable.
   * @throws LockLostError if it is not; SharedLockError UNAVAILABLE if nobody answers: then only the clock decides.
   */
  async confirm(): Promise<void> {
    this.assertHeld();
    const isCurrent = await this.#claim.isCurrent(this.#parts.caller, this.fencingToken);
    if (!isCurrent && this.#released === undefined) this.#lose(await this.#whyGone());
    this.assertHeld();
  }

  /**
   * Gives the lock back. Idempotent. Never touches a lock that somebody else holds by now.
   * @returns false if it was lost before.
   * @throws SharedLockError UNAVAILABLE if no daemon answers in time: others then get it when the TTL is over; of a session,
   * which lives on, it is tried again until a daemon answers.
   */
  release(): Promise<boolean> {
    if (this.#released === undefined) {
      this.#lease.tick();
      this.#released = this.#lost === undefined ? this.#release() : Promise.resolve(false);
    }
    return this.#released;
  }

  /** @internal The client closes: its user shall stop before somebody else can be granted it. */
  callOff(reason: Error): void {
    if (this.#released === undefined) this.#controller.abort(reason);
  }

  /** @internal Its session is about to be revoked: its user shall stop before somebody else can be granted it. */
  revoked(): void {
    this.callOff(new LockLostError(this.name, this.title, this.fencingToken, { kind: 'REVOKED' }));
  }

  /** @internal The client is closed, and work goes on under it. It ends with its TTL, which the signals and `state` heed. */
  leave(): void {
    this.#isLeft = true;
    if (this.#leaseOwner !== 'session') this.#lease.leave();
  }

  /** @internal For messages. */
  get title(): string {
    return this.#claim.title;
  }

  /** @internal What the client gives back with it. */
  get locks(): readonly Lock[] {
    return [this];
  }

  /** @internal Calls back once it is released or lost, and nothing of it is left: of a session, for sure. */
  whenOver(callback: () => void): void {
    this.#over.push(callback);
    if (this.#isOver) this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // That it is not given back was told already.
    if (this.#isLeft) return;
    try {
      await this.release();
    } catch (error) {
      this.#parts.settings.warn(
        new Error(`${this.#claim.title} was not released; others get it when its TTL is over`, {
          cause: error,
        }),
      );
    }
  }

  async #release(): Promise<boolean> {
    this.#unlisten();
    if (this.#leaseOwner !== 'session') this.#lease.letGo();
    try {
      const why = await this.#giveBack();
      if (why !== undefined) this.#lose(why);
      this.#end();
      return why === undefined;
    } catch (error) {
      this.#goOnReleasing();
      throw error;
    } finally {
      if (this.#leaseOwner === 'client') {
        void this.#parts.background.run('ending the lease of a lock', () => this.#lease.revoke());
      }
    }
  }

  /** Whether it was given back is not known. A lease of its own ends by itself; a session would hold it on and on. */
  #goOnReleasing(): void {
    if (this.#leaseOwner !== 'session') {
      this.#end();
      return;
    }
    void this.#parts.background.run(`releasing ${this.title}`, () => {
      const grant = { fencingToken: this.fencingToken };
      return giveBackSurely(this.#parts, this.#claim, this.#lease, grant).finally(() =>
        this.#end(),
      );
    });
  }

  /** @returns why there is nothing to give back; undefined if it was given back. */
  async #giveBack(): Promise<LossCause | undefined> {
    try {
      const { caller } = this.#parts;
      const grant = { fencingToken: this.fencingToken };
      const released = await this.#claim.giveBack(caller, this.#lease.id, grant);
      return released ? undefined : { kind: 'ENDED' };
    } catch (error) {
      return notHolder(error);
    }
  }

  /** A release of what is not held harms nobody, and says why it isn't. That it is lost is certain without an answer. */
  async #whyGone(): Promise<LossCause> {
    const { clock } = this.#parts.settings;
    const asked = this.#giveBack().catch(() => undefined);
    return (await within(clock, CAUSE_MS, asked)) ?? { kind: 'NOT_HOLDER' };
  }

  #follow(after: LeaseState, before: LeaseState): void {
    if (after.kind === 'LOST') this.#lose(after.cause);
    if (after.kind !== 'HELD') return;
    // A lease that was renewed may hold its locks no more. Of one that was made for the lock alone an operator who
    // takes the lock away ends the lease too; of a session only the lock goes.
    if (before.kind === 'SUSPECT') this.#isUnconfirmed = true;
    if (this.#isUnconfirmed || this.#leaseOwner === 'session') this.#confirmSoon();
  }

  #confirmSoon(): void {
    if (this.#confirming !== undefined || this.#released !== undefined) return;
    this.#confirming = this.#lease.confirming
      .run(() => this.confirm())
      .then(() => {
        this.#isUnconfirmed = false;
      })
      .catch(() => {
        // Lost: the signal says so. No answer: the next renewal asks again.
      })
      .finally(() => {
        this.#confirming = undefined;
      });
  }

  #end(): void {
    this.#isOver = true;
    for (const callback of this.#over.splice(0)) callback();
  }

  #lose(why: LossCause): void {
    if (this.#lost !== undefined) return;
    this.#lost = why;
    this.#unlisten();
    this.#end();
    this.#controller.abort(new LockLostError(this.name, this.#claim.title, this.fencingToken, why));
    const isOver = this.#released !== undefined || this.#lease.state === 'LOST';
    if (this.#leaseOwner === 'session' || isOver) return;
    // There was no other use for it.
    this.#lease.fail(why);
    void this.#parts.background.run('ending the lease of a lost lock', () => this.#lease.revoke());
  }
}

/** @throws what says nothing about who holds the lock. */
function notHolder(error: unknown): LossCause {
  if (!(error instanceof SharedLockError)) throw error;
  if (error.reason === 'PREEMPTED') return { kind: 'PREEMPTED', reason: error.message };
  if (error.code === 'FAILED_PRECONDITION') return { kind: 'NOT_HOLDER' };
  if (error.code === 'NOT_FOUND') return { kind: 'ENDED' };
  throw error;
}
