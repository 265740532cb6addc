import { Fault } from '../../core/errors.js';
import { SharedPool } from '../../core/shares.js';
import type { Refusal } from '../../core/shares.js';
import { Connections } from './connections.js';
import { Misses } from './misses.js';
import { connectionsBelowOpenFiles } from './open-files.js';
import { Users, type UserRules } from './user-of.js';
import type { Work } from './work.js';

/** What both servers together take on at a time. */
export interface AdmissionLimits {
  /** Requests under way that wait for nothing. */
  readonly requests: number;
  /** Streams, and requests that may wait for a lock. */
  readonly openCalls: number;
  /** TCP connections and those of Unix sockets, at most what the limit of open files leaves room for. */
  readonly connections: number;
  /** Of request bodies, and of answers that their callers have not taken. */
  readonly bufferedBytes: number;
}

export const DEFAULT_ADMISSION_LIMITS: AdmissionLimits = {
  requests: 4000,
  openCalls: 25_000,
  connections: 20_000,
  bufferedBytes: 128 * 1024 * 1024,
};

/** What keeps locks has room of its own, so much more than other requests. */
const KEEP_FACTOR = 5;

const RETRY_AFTER_MS = 1000;

/** What is no larger is never refused for want of memory: there are limits on how many there can be. */
export const SMALL_BYTES = 16 * 1024;

/**
 * Decides which requests a daemon takes on: for both wires, and for all users together. What it refuses costs next to nothing, and
 * can be asked again: nothing of it was done.
 */
export class Admission {
  readonly #work: Readonly<Record<Work, Gate>>;
  readonly connections: Connections;
  readonly #buffered: Gate;
  readonly #guests: Gate;
  readonly #users: Users;
  readonly #misses = new Misses();

  constructor(limits: Partial<AdmissionLimits> = {}, rules: Partial<UserRules> = {}) {
    const { requests, openCalls, bufferedBytes, ...all } = {
      ...DEFAULT_ADMISSION_LIMITS,
      ...limits,
    };
    this.#users = new Users({ trustedProxies: [], countsLoopback: false, ...rules });
    const keep = new Gate(requests * KEEP_FACTOR, 'RENEWAL', 'renewals under way', 'REQUESTS');
    this.#work = {
      ask: new Gate(requests, 'REQUEST', 'requests under way', 'REQUESTS'),
      wait: new Gate(openCalls, 'OPEN_CALL', 'streams and waits open', 'OPEN_CALLS'),
      keep,
      health: keep,
    };
    const connections = Math.min(all.connections, connectionsBelowOpenFiles());
    this.#guests = new Gate(connections, 'CONNECTION', 'connections open', 'CONNECTIONS');
    this.connections = new Connections(this.#guests.pool, (address) => this.#users.of(address));
    this.#buffered = new Gate(
      bufferedBytes,
      'BUFFER',
      'bytes of requests and of answers that nobody has read',
      'BUFFERED_BYTES',
    );
  }

  /** As `Users.of`. */
  userOf(address: string | undefined, forwardedFor: () => string | undefined): string | undefined {
    return this.#users.of(address, forwardedFor);
  }

  /** What a request is, of whom it is: renewals of one who renews nothing are like anything else. */
  workFor(work: Work, peer: string): Work {
    return work === 'keep' && this.#misses.isStranger(peer) ? 'ask' : work;
  }

  /** What came of it. @param isFound whether there was a lease, or a lock, to do it to. */
  answered(work: Work, peer: string, isFound: boolean): void {
    if (work === 'keep') this.#misses.told(peer, isFound);
  }

  /**
   * Takes a request on, until `leave`. @returns why not; then nothing is counted.
   * @param peer where the caller is: address and port, or `unix`.
   */
  enter(work: Work, user: string | undefined, peer: string): Fault | undefined {
    const refusal = isFirst(work)
      ? undefined
      : (this.#guestRefusal(peer) ?? this.#buffered.refusal(user));
    return refusal ?? this.#work[work].enter(user);
  }

  leave(work: Work, user: string | undefined): void {
    this.#work[work].pool.leave(user);
  }

  /** Why nothing more is put into memory for a user, unless it has to be. */
  bufferRefusal(user: string | undefined): Fault | undefined {
    return this.#buffered.refusal(user);
  }

  /** Why an answer, or a message of a stream, is not sent that can be asked for again; undefined: it is. */
  answerRefusal(user: string | undefined, bytes: number): Fault | undefined {
    return bytes <= SMALL_BYTES ? undefined : this.#buffered.refusal(user);
  }

  /** Counts bytes that are in memory for a user, until `unbuffer`. */
  buffer(user: string | undefined, bytes: number): void {
    if (bytes > 0) this.#buffered.pool.add(user, bytes);
  }

  unbuffer(user: string | undefined, bytes: number): void {
    if (bytes > 0) this.#buffered.pool.leave(user, bytes);
  }

  #guestRefusal(peer: string): Fault | undefined {
    const refusal = this.connections.guestRefusal(peer);
    return refusal && this.#guests.faults[refusal];
  }
}

/** Served when all else is refused. */
export function isFirst(work: Work): boolean {
  return work === 'keep' || work === 'health';
}

/** A pool, and what its refusals say. */
class Gate {
  readonly pool: SharedPool;
  /** Made once: a fault keeps a stack, and there are many refusals when there are any. */
  readonly faults: Readonly<Record<Refusal, Fault>>;

  constructor(limit: number, word: string, what: string, setting: string) {
    this.pool = new SharedPool(limit);
    const fault = (reason: string, message: string): Fault =>
      new Fault('RESOURCE_EXHAUSTED', message, { reason, retryAfterMs: RETRY_AFTER_MS });
    const raise = `ask later, or another daemon; SHARED_LOCK_LIMIT_${setting} raises the limit`;
    this.faults = {
      FULL: fault(`${word}_LIMIT`, `there are ${limit} ${what} at this daemon; ${raise}`),
      SHARE: fault(
        `${word}_SHARE`,
        `most of the ${limit} ${what} that this daemon has room for are taken, and more than a fair share by this address; ${raise}`,
      ),
    };
  }

  refusal(user: string | undefined): Fault | undefined {
    const refusal = this.pool.refusal(user);
    return refusal && this.faults[refusal];
  }

  enter(user: string | undefined): Fault | undefined {
    const refusal = this.pool.enter(user);
    return refusal && this.faults[refusal];
  }
}
