import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock/clock.js';
import { within } from '../clock/within.js';
import { StayAlive } from '../clock/stay-alive.js';
import { SystemClock } from '../clock/system-clock.js';
import type { Counter as CounterState } from '../core/counter.js';
import type { Election as ElectionState } from '../core/election.js';
import { loadCallDescriptors } from '../protocol/call-descriptors.js';
import { checkOptions } from './check-options.js';
import { giveBackAfterWork } from './closing.js';
import type { Held } from './closing.js';
import { Configs } from './configs.js';
import { Counter, listCounters } from './counter.js';
import { Election, listElections } from './elections/election.js';
import { Keeper } from './keeping/keeper.js';
import { acquireLock } from './locks/acquire.js';
import type { Acquired } from './locks/acquire.js';
import { lockClaim } from './locks/claim.js';
import type { HeldLease } from './locks/held-lease.js';
import { Lease } from './locks/lease.js';
import { openLease } from './locks/lease-grants.js';
import { Leases } from './locks/leases-api.js';
import type { Lock } from './locks/lock.js';
import { Locks } from './locks/locks-api.js';
import { lockIn, runUnder } from './locks/with-lock.js';
import type { LockContext } from './locks/with-lock.js';
import { ACQUIRE_OPTIONS, HOLDER_OPTIONS } from './options.js';
import type {
  AcquireOptions,
  CallOptions,
  ClientOptions,
  HolderOptions,
  ListOptions,
} from './options.js';
import { Background } from './parts.js';
import type { ClientParts } from './parts.js';
import { Messages } from './messages.js';
import { settingsOf } from './settings.js';
import { Caller } from './wire/caller.js';
import type { Heard } from './wire/caller.js';
import { Endpoints } from './wire/endpoints.js';
import { clientClosed } from './wire/faults.js';
import { RenewalLink } from './wire/renewal-link.js';
import { Streams } from './wire/streams.js';
import { whoAmI } from './who-am-i.js';
import type { Identity } from './who-am-i.js';
import { Works } from './works.js';

/** A call that is cut short ends at once; this is for its caller to say so. */
const LAST_WARNINGS_MS = 200;

/**
 * A client of the daemon. It connects with the first call, goes on at the next address when one fails, and repeats what
 * may safely be repeated. While it holds or waits for something it keeps the process alive. Disposable: `await using`
 * closes it.
 */
export class Client implements AsyncDisposable {
  /** Looking at locks, and the operator's tools. */
  readonly locks: Locks;
  /** Leases that nobody keeps, and looking at leases. */
  readonly leases: Leases;
  /** Texts by their digest. */
  readonly messages: Messages;
  readonly #parts: ClientParts;
  readonly #link: RenewalLink;
  readonly #endpoints: Endpoints;
  readonly #stopping: AbortController;
  readonly #closing: AbortController;
  readonly #held = new Set<Held>();
  #closed: Promise<void> | undefined;
  /** Since it began to close. */
  readonly #givingBack = new Map<Held, Promise<void>>();

  /** @internal */
  constructor(options: ClientOptions, clock: Clock, heard?: Heard) {
    const settings = settingsOf(options, clock);
    const { addresses, tls, tokens, deadlineMs } = settings;
    const descriptors = loadCallDescriptors();
    const stayAlive = new StayAlive();
    this.#stopping = new AbortController();
    this.#closing = new AbortController();
    // Every call listens.
    setMaxListeners(0, this.#stopping.signal, this.#closing.signal);
    this.#endpoints = new Endpoints({ clock, descriptors, tokens }, addresses, tls);
    const wire = {
      ...{ clock, descriptors, deadlineMs, stayAlive },
      endpoints: this.#endpoints,
      closing: this.#closing.signal,
      ...{ heard, tokens },
    };
    const caller = new Caller(wire);
    this.#link = new RenewalLink({ ...wire, caller });
    this.#parts = {
      settings,
      caller,
      streams: new Streams(wire, caller),
      keeper: new Keeper(clock, this.#link, stayAlive),
      background: new Background((warning) => settings.warn(warning)),
      works: new Works(),
      stopping: this.#stopping.signal,
    };
    this.locks = new Locks(this.#parts);
    this.leases = new Leases(this.#parts);
    this.messages = new Messages(this.#parts);
  }

  /**
   * Takes a lock, and keeps it until it is released or lost. Waits first come, first served. A name has 1 to 1024 bytes
   * of UTF-8, without control characters, characters that can not be seen, and segments `..`.
   * @throws NotAcquiredError if somebody else holds it until `waitMs` (default: no end) is over; the signal's reason if
   * that aborts; SharedLockError INVALID_ARGUMENT for a bad name or option, RESOURCE_EXHAUSTED if too many wait,
   * UNAVAILABLE if no daemon can be reached.
   */
  async acquire(name: string, options: AcquireOptions = {}): Promise<Lock> {
    return this.#own(lockIn(await this.#acquire(name, options, Infinity)));
  }

  /**
   * Takes a lock if it is free, or gets free within `waitMs` (default 0).
   * @returns undefined if somebody else holds it until then.
   * @throws as `acquire`, but no NotAcquiredError.
   */
  async tryAcquire(name: string, options: AcquireOptions = {}): Promise<Lock | undefined> {
    const acquired = await this.#acquire(name, options, 0);
    return acquired.kind === 'acquired' ? this.#own(acquired.lock) : undefined;
  }

  /**
   * Takes a lock as `acquire` does, runs `work`, and releases the lock however that ends. The options' `signal` stops the
   * waiting, and then aborts the signal of the work.
   * @returns what the work returns; the lock was held until then.
   * @throws what the work throws, whatever else goes wrong; LockLostError if the lock was lost before the work had come
   * to its end; else as `acquire`.
   */
  async withLock<T>(
    name: string,
    options: AcquireOptions,
    work: (context: LockContext) => Promise<T> | T,
  ): Promise<T> {
    return runUnder(this.#parts, await this.acquire(name, options), options.signal, work);
  }

  /**
   * Makes a lease for up to 10,000 locks, and keeps it until it is revoked or lost.
   * @throws SharedLockError INVALID_ARGUMENT for an option out of bounds, RESOURCE_EXHAUSTED if there are too many leases,
   * UNAVAILABLE if no daemon can be reached; the signal's reason if that aborts.
   */
  async lease(options: HolderOptions = {}): Promise<Lease> {
    checkOptions(options, HOLDER_OPTIONS);
    const held: HeldLease = await openLease(this.#parts, options);
    return this.#own(new Lease(this.#parts, held));
  }

  /** The election of that name. Asks nobody: a bad name fails at the first call. */
  election(name: string): Election {
    return new Election(this.#parts, name, (lock) => this.#own(lock));
  }

  /** All elections that somebody leads or waits for, whose names begin with `prefix` (default: all). @throws SharedLockError */
  elections(options: ListOptions = {}): AsyncGenerator<ElectionState, void, undefined> {
    return listElections(this.#parts, options);
  }

  /** The configuration documents of a namespace. Asks nobody: a bad name fails at the first call. */
  configs(namespace: string): Configs {
    return new Configs(this.#parts, namespace);
  }

  /** The counter of that name. Asks nobody: a bad name fails at the first call. */
  counter(name: string): Counter {
    return new Counter(this.#parts, name);
  }

  /**
   * All counters that were written, whose names begin with `prefix` (default: all), in the order of their names.
   * @throws SharedLockError
   */
  counters(options: ListOptions = {}): AsyncGenerator<CounterState, void, undefined> {
    return listCounters(this.#parts, options);
  }

  /** For who the daemon takes this client. @throws SharedLockError UNAUTHENTICATED if what this client shows is wrong. */
  whoAmI(options: CallOptions = {}): Promise<Identity> {
    return whoAmI(this.#parts, options);
  }

  /**
   * Aborts the signals of all that it holds, and gives it back; what `withLock` and `lead` work under when the work has ended.
   * That is waited for, for `closeTimeoutMs` at most; work that takes longer keeps its lock until the TTL is over. Then it ends
   * its watches, and closes its connections. What waits ends with a SharedLockError CANCELLED. Idempotent. Without such work it
   * takes about as long as the client's deadline at most; never throws: what is not given back is told to `onWarning`
   * before that is over, and ends with its TTL. Called from within such work, it does not wait for that.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    const { works } = this.#parts;
    const isAround = ({ locks }: Held): boolean => locks.some((lock) => works.isWithin(lock));
    const others = [...this.#givingBack].filter(([held]) => !isAround(held));
    if (others.length === this.#givingBack.size) return this.#closed;
    return Promise.all(others.map(([, givenBack]) => givenBack)).then(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { works, settings } = this.#parts;
    const { clock, deadlineMs, closeTimeoutMs } = settings;
    const reason = clientClosed();
    this.#stopping.abort(reason);
    const isBusy = works.areUnderWay;
    // First those are told who work under what it holds.
    for (const held of this.#held) held.callOff(reason);
    for (const held of this.#held) {
      this.#givingBack.set(held, giveBackAfterWork(this.#parts, held));
    }
    const givingBack = Promise.all(this.#givingBack.values());
    const ended = givingBack.then(() => this.#parts.background.settled());
    await within(clock, deadlineMs + (isBusy ? closeTimeoutMs : 0), ended);
    this.#closing.abort();
    // What was cut short by that is told before the end.
    await within(clock, LAST_WARNINGS_MS, ended);
    this.#link.close();
    this.#endpoints.close();
  }

  async #acquire(name: string, options: AcquireOptions, waitMs: number): Promise<Acquired> {
    checkOptions(options, ACQUIRE_OPTIONS);
    const claim = lockClaim(name, options, this.#parts.settings.owner);
    return acquireLock(this.#parts, claim, options, waitMs);
  }

  /** To be given back at the end, unless it is before. */
  #own<T extends Held>(held: T): T {
    const { stopping, background } = this.#parts;
    if (stopping.aborted) {
      // It came while the client was closed.
      void background.run('giving back what came too late', () => held[Symbol.asyncDispose]());
      throw stopping.reason;
    }
    this.#held.add(held);
    held.whenOver(() => this.#held.delete(held));
    return held;
  }
}

/**
 * A client of the daemons at one or several addresses. It does not connect yet.
 * @throws SharedLockError INVALID_ARGUMENT for an option that can't be used.
 */
export function connect(options: ClientOptions = {}): Client {
  return new Client(options, new SystemClock());
}

/** @internal As `connect`, for who needs the very words of the API too. */
export function connectHearing(options: ClientOptions, heard: Heard): Client {
  return new Client(options, new SystemClock(), heard);
}
