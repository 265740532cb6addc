import { isFault, type Fault } from '../../core/errors.js';
import { Connections, type Wire } from './connections.js';
import { Gate } from './gate.js';
import { isOfNothing, Misses } from './misses.js';
import { connectionsBelowOpenFiles } from './open-files.js';
import { Users, type UserRules } from './user-of.js';
import { QuotaBook } from './quota-book.js';
import { isFirst, type Work } from './work.js';

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

/** The part of `Starts` that admission uses (`src/clock/starts.ts`). */
export interface StartPace {
  enter(units: number): Promise<void> | undefined;
  connectionCame(): void;
}

/** Reading may go through much, such as all holders of a crowd: then one is enough for a turn. */
const UNITS = { read: 64, write: 1 } as const;

/** What keeps locks has room of its own, so much more than other requests. */
const KEEP_FACTOR = 5;

/** What the store is asked for callers who renew nothing: whoever renews something waits behind it there. */
const MAX_STRAYS = 64;

/** Answers with metrics that are being made, or read: each has some hundred kilobytes at most. */
const MAX_METRICS = 16;

/** Whose call it is, as far as that matters here. */
export interface Origin {
  readonly wire: Wire;
  /** Address and port, or `unix`. */
  readonly peer?: string;
  readonly user?: string | undefined;
}

/** Is told of a refusal that the answer to no call tells of, with the word of its reason. */
export type OnRefusal = (wire: Wire, reason: string) => void;

/** What is no larger is never refused for want of memory: there are limits on how many there can be. */
export const SMALL_BYTES = 16 * 1024;

/**
 * Decides which requests a daemon takes on: for both wires, and for all users together. What it refuses costs next to nothing, and
 * can be asked again: nothing of it was done.
 */
export class Admission {
  readonly #work: Readonly<Record<Work, Gate>>;
  readonly connections: Connections;
  /** Of principals, where there are any. */
  readonly quotas = new QuotaBook();
  readonly #buffered: Gate;
  readonly #guests: Gate;
  readonly #users: Users;
  readonly #misses = new Misses();
  readonly #starts: StartPace;
  readonly #onRefusal: OnRefusal;

  constructor(
    starts: StartPace,
    limits: Partial<AdmissionLimits> = {},
    rules: Partial<UserRules> = {},
    onRefusal: OnRefusal = () => undefined,
  ) {
    this.#starts = starts;
    this.#onRefusal = onRefusal;
    const { requests, openCalls, bufferedBytes, ...all } = {
      ...DEFAULT_ADMISSION_LIMITS,
      ...limits,
    };
    this.#users = new Users({ trustedProxies: [], countsLoopback: false, ...rules });
    this.#work = {
      ask: new Gate(requests, 'REQUEST', 'requests under way', 'REQUESTS'),
      wait: new Gate(openCalls, 'OPEN_CALL', 'streams and waits open', 'OPEN_CALLS'),
      keep: new Gate(requests * KEEP_FACTOR, 'RENEWAL', 'renewals under way', 'REQUESTS'),
      // Idle streams must not take the room of renewals.
      keepOpen: new Gate(openCalls, 'RENEWAL_STREAM', 'streams of renewals open', 'OPEN_CALLS'),
      // Renewals wait for the store, which health does not ask.
      health: new Gate(requests, 'HEALTH', 'questions for health under way', 'REQUESTS'),
      stray: new Gate(
        MAX_STRAYS,
        'STRAY_RENEWAL',
        'renewals under way whose callers renewed nothing',
      ),
      metrics: new Gate(MAX_METRICS, 'METRICS', 'answers with metrics under way'),
    };
    const connections = Math.min(all.connections, connectionsBelowOpenFiles());
    this.#guests = new Gate(connections, 'CONNECTION', 'connections open', 'CONNECTIONS');
    this.connections = new Connections(
      this.#guests.pool,
      (address) => this.#users.of(address),
      () => this.#starts.connectionCame(),
      (name) => {
        this.#misses.forget(name);
        this.quotas.forget(name);
      },
      (wire, refusal) => this.#untold(wire, this.#guests.faults[refusal]),
    );
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

  /** What a request is, of whom it is: renewals of one who renews nothing don't come first, and are few at a time. */
  workFor(work: Work, peer: string, user: string | undefined): Work {
    if (work !== 'keep' && work !== 'keepOpen') return work;
    if (!this.#misses.isStranger(this.#callerAt(peer, user))) return work;
    return work === 'keep' ? 'stray' : 'wait';
  }

  /** What came of it. @param isFound whether there was a lease, or a lock, to do it to. */
  answered(work: Work, peer: string, user: string | undefined, isFound: boolean): void {
    if (work === 'keep') this.#misses.told(this.#callerAt(peer, user), isFound);
  }

  /**
   * Takes a request on, until `leave`. @returns why not; then nothing is counted.
   * @param peer where the caller is: address and port, or `unix`.
   */
  enter(work: Work, user: string | undefined, peer: string): Fault | undefined {
    const refusal = isFirst(work)
      ? undefined
      : (this.#guestRefusal(peer) ?? this.#buffered.refusal(user));
    // There is no room for strays where there is none for other requests.
    const others = work === 'stray' ? this.#work.ask.refusal(user) : undefined;
    return refusal ?? others ?? this.#work[work].enter(user);
  }

  /**
   * Does a renewal that is one of many in a stream, which was taken on as a whole; of a caller who renews nothing it is a stray one.
   * @throws Fault why it is not taken on, and whatever the renewal throws.
   */
  async renewal<T>({ wire, peer = '', user }: Origin, renew: () => Promise<T>): Promise<T> {
    const caller = this.#callerAt(peer, user);
    const isStranger = this.#misses.isStranger(caller);
    const refusal = isStranger ? this.enter('stray', user, peer) : undefined;
    if (refusal !== undefined) throw this.#untold(wire, refusal);
    try {
      const renewed = await renew();
      this.#misses.told(caller, true);
      return renewed;
    } catch (error) {
      if (isFault(error) && isOfNothing(error.code)) this.#misses.told(caller, false);
      throw error;
    } finally {
      if (isStranger) this.leave('stray', user);
    }
  }

  /** What is taken of each limit now. */
  inUse(): Readonly<Record<string, number>> {
    const { ask, wait, keep, keepOpen } = this.#work;
    return {
      requests: ask.pool.total,
      open_calls: wait.pool.total,
      renewals: keep.pool.total,
      renewal_streams: keepOpen.pool.total,
      connections: this.#guests.pool.total,
      buffered_bytes: this.#buffered.pool.total,
    };
  }

  leave(work: Work, user: string | undefined): void {
    this.#work[work].pool.leave(user);
  }

  /**
   * Waits until a request that was taken on may begin; undefined: at once. What comes first never waits, unless it is large: nothing
   * that keeps a lock is, and to read it takes long.
   * @param bytes of its body, if that is still to be read as JSON.
   */
  start(work: Work, kind: 'read' | 'write', bytes = 0): Promise<void> | undefined {
    const isAtOnce = isFirst(work) && bytes <= SMALL_BYTES;
    // JSON of so many bytes takes about as long as a unit.
    const units = UNITS[kind] + Math.floor(bytes / SMALL_BYTES);
    return isAtOnce ? undefined : this.#starts.enter(units);
  }

  /** Why nothing more is put into memory for a user, unless it has to be. */
  bufferRefusal(user: string | undefined): Fault | undefined {
    return this.#buffered.refusal(user);
  }

  /** Why an answer, or a message of a stream, is not sent that can be asked for again; undefined: it is. */
  answerRefusal(user: string | undefined, bytes: number): Fault | undefined {
    return bytes <= SMALL_BYTES ? undefined : this.#buffered.refusal(user);
  }

  /** Whether so much of a message is kept; if not, its stream is ended without an answer. */
  hasRoomFor(wire: Wire, user: string | undefined, bytes: number): boolean {
    const refusal = this.answerRefusal(user, bytes);
    if (refusal !== undefined) this.#untold(wire, refusal);
    return refusal === undefined;
  }

  /** Counts bytes that are in memory for a user, until `unbuffer`. */
  buffer(user: string | undefined, bytes: number): void {
    if (bytes > 0) this.#buffered.pool.add(user, bytes);
  }

  unbuffer(user: string | undefined, bytes: number): void {
    if (bytes > 0) this.#buffered.pool.leave(user, bytes);
  }

  /** A proxy's connections have many callers, of whom it says the addresses. */
  #callerAt(peer: string, user: string | undefined): string {
    if (user === undefined || peer === 'unix') return peer;
    return this.#users.isProxy(peer.slice(0, peer.lastIndexOf(':'))) ? user : peer;
  }

  #untold(wire: Wire, refusal: Fault): Fault {
    this.#onRefusal(wire, refusal.details.reason ?? 'OTHER');
    return refusal;
  }

  #guestRefusal(peer: string): Fault | undefined {
    const refusal = this.connections.guestRefusal(peer);
    return refusal && this.#guests.faults[refusal];
  }
}
