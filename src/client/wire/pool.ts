import type { Clock, Timer } from '../../clock/clock.js';
import { Fault } from '../../core/errors.js';
import { SharedLockError } from '../errors.js';
import { ConnectPace } from './connect-pace.js';
import { Connection } from './connection.js';
import type { Target } from './connection.js';
import { reasonOf, silence } from './faults.js';

/** A long call lasts as long as somebody waits or watches; a short one is answered at once. */
export type CallKind = 'short' | 'long';

const MAX_CONNECTIONS = 128;
/** Connections that take no new calls, and are kept for those that they have. */
const MAX_RETIRED = 32;
/** Calls that wait in this process for a place, of each kind. */
const MAX_WAITING = 10_000;
const MAX_LONG_A_CONNECTION = 250;
/** Short calls under way; more at once would be answered no sooner, and each so late that it seems lost. */
const MAX_SHORT = 64;
/** Of each connection's places, for short calls: a tenth, and no more than this. */
const MAX_KEPT_FOR_SHORT = 50;
/**
 * Calls that are cancelled over one connection before another takes its place. Daemons end a connection after about 1000;
 * this leaves enough for all that may be open to be cancelled at once.
 */
const MAX_CANCELLED = 500;
/** A connection that is in doubt is exchanged for another at most so often. */
const RETIRE_EVERY_MS = 1000;
/** So long a connection may take to come to be; who begins anew earlier may never get there. */
const CONNECTING_MS = 3000;
/** A connection that is not needed any more is closed after so long, unless it is the only one. */
const SPARE_MS = 10_000;

/** A connection of the pool, and what it carries. */
interface Member {
  readonly connection: Connection;
  readonly openedAtMs: number;
  openCalls: number;
  longCalls: number;
  cancelled: number;
  isRetired: boolean;
}

/** Room for one call over a connection. */
export interface Place {
  readonly connection: Connection;
  /** The call was given up before it ended. */
  cancelled(): void;
  /**
   * It was not answered. Maybe only its connection is dead, so later calls get another one; maybe the daemon, so those
   * that wait for a place may go elsewhere.
   */
  doubt(error: SharedLockError): void;
  /** Its connection broke, or never came to be. */
  broken(error: SharedLockError): void;
  /** The call is over. Idempotent. */
  leave(): void;
}

interface Waiting {
  admit(place: Place): void;
  fail(error: SharedLockError): void;
}

/**
 * The connections to one daemon, for calls, waits and watches. There are more of them as soon as the places of one are
 * taken, up to a limit, beyond which calls wait here. One that is replaced lives until its calls have ended.
 */
export class Pool {
  readonly address: string;
  readonly #clock: Clock;
  readonly #target: Target;
  readonly #members = new Set<Member>();
  readonly #retired = new Set<Member>();
  readonly #waiting = { short: new Set<Waiting>(), long: new Set<Waiting>() };
  readonly #pace: ConnectPace;
  #shortCalls = 0;
  #retiredAtMs = -Infinity;
  #shrinking: Timer | undefined;

  constructor(clock: Clock, target: Target) {
    this.address = target.address;
    this.#clock = clock;
    this.#target = target;
    this.#pace = new ConnectPace(clock, () => this.#admit());
  }

  /** Why there is no way to the daemon: an attempt to connect has failed just now, and there is no other one yet. */
  get refusal(): SharedLockError | undefined {
    return this.#pace.refusal;
  }

  /**
   * A connection beside the pool, for its caller alone, who closes it, and tells if it `failed` to come to be.
   * @throws the `refusal`.
   */
  connect(): Connection {
    if (this.refusal !== undefined) throw this.refusal;
    const ready = (): void => this.#pace.succeeded();
    return new Connection(this.#clock, this.#target, { ready, gone: () => undefined });
  }

  /** An attempt to connect has failed. */
  failed(error: SharedLockError): void {
    this.#pace.failed(error);
  }

  /** @returns undefined if there is no place now: `wait` for one. */
  enter(kind: CallKind): Place | undefined {
    // Who came before goes first.
    return this.#waiting[kind].size > 0 ? undefined : this.#placeFor(kind);
  }

  /**
   * @param limitMs how long to wait for a place.
   * @throws SharedLockError DEADLINE_EXCEEDED if none comes free in time, UNAVAILABLE if there is no way to the daemon,
   * RESOURCE_EXHAUSTED if too many wait already; the signal's reason if that aborts.
   */
  wait(kind: CallKind, limitMs: number, signal: AbortSignal): Promise<Place> {
    const queue = this.#waiting[kind];
    if (queue.size >= MAX_WAITING) return Promise.reject(tooMany());
    if (signal.aborted) return Promise.reject(reasonOf(signal));
    if (this.#members.size === 0 && this.refusal !== undefined) return Promise.reject(this.refusal);
    const sinceMs = this.#clock.now();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        queue.delete(waiting);
        settle();
      };
      const fail = (error: Error): void => end(() => reject(error));
      const onAbort = (): void => fail(reasonOf(signal));
      const waiting: Waiting = { admit: (place) => end(() => resolve(place)), fail };
      const timer = this.#clock.timer(limitMs, () => {
        fail(silence(this.address, this.#clock.now() - sinceMs));
      });
      signal.addEventListener('abort', onAbort, { once: true });
      queue.add(waiting);
    });
  }

  /** What goes to this daemon beside the pool is not answered: maybe all connections are dead. Later calls get new ones. */
  renew(): void {
    if (!this.#mayRetire()) return;
    for (const member of [...this.#members]) if (member.connection.isReady) this.#retire(member);
  }

  close(): void {
    this.#shrinking?.cancel();
    this.#pace.end();
    for (const { connection } of [...this.#members, ...this.#retired]) connection.close();
    this.#members.clear();
    this.#retired.clear();
  }

  #placeFor(kind: CallKind): Place | undefined {
    if (kind === 'short' && this.#shortCalls >= MAX_SHORT) return undefined;
    for (const member of this.#members) {
      if (hasRoom(member, kind)) return this.#take(member, kind);
    }
    if (this.#members.size >= MAX_CONNECTIONS || this.#isConnecting()) return undefined;
    if (this.refusal !== undefined) return undefined;
    return this.#take(this.#open(), kind);
  }

  /** Then it is known soon how many calls that one takes. */
  #isConnecting(): boolean {
    return [...this.#members].some(({ connection }) => !connection.isReady);
  }

  #open(): Member {
    const connection = new Connection(this.#clock, this.#target, {
      ready: () => {
        this.#pace.succeeded();
        this.#admit();
      },
      gone: () => this.#leaveToEnd(member),
    });
    const openedAtMs = this.#clock.now();
    const none = { openCalls: 0, longCalls: 0, cancelled: 0, isRetired: false };
    const member: Member = { connection, openedAtMs, ...none };
    this.#members.add(member);
    return member;
  }

  #take(member: Member, kind: CallKind): Place {
    const isLong = kind === 'long';
    member.openCalls += 1;
    member.connection.isBusy = true;
    if (isLong) member.longCalls += 1;
    else this.#shortCalls += 1;
    let isOver = false;
    return {
      connection: member.connection,
      cancelled: () => {
        member.cancelled += 1;
        if (member.cancelled >= MAX_CANCELLED) this.#retire(member);
      },
      doubt: (error) => this.#doubt(member, error),
      broken: (error) => this.#broke(member, error),
      leave: () => {
        if (isOver) return;
        isOver = true;
        member.openCalls -= 1;
        if (isLong) member.longCalls -= 1;
        else this.#shortCalls -= 1;
        this.#left(member);
      },
    };
  }

  #left(member: Member): void {
    if (member.openCalls === 0) {
      member.connection.isBusy = false;
      if (member.isRetired) this.#drop(member);
      else this.#shrinkLater();
    }
    this.#admit();
  }

  /** Short calls first: they are soon over. */
  #admit(): void {
    for (const kind of ['short', 'long'] as const) {
      for (const waiting of this.#waiting[kind]) {
        const place = this.#placeFor(kind);
        if (place === undefined) break;
        waiting.admit(place);
      }
    }
  }

  #broke(member: Member, error: SharedLockError): void {
    // Was there no way to the daemon?
    if (!member.connection.isReady && this.#members.has(member)) {
      this.#pace.failed(error);
      this.#sendAway(error);
    }
    this.#leaveToEnd(member);
  }

  /** Those who wait for a place may go to another daemon. */
  #sendAway(error: SharedLockError): void {
    for (const waiting of [...this.#waiting.short, ...this.#waiting.long]) waiting.fail(error);
  }

  #doubt(member: Member, error: SharedLockError): void {
    this.#sendAway(error);
    const ageMs = this.#clock.now() - member.openedAtMs;
    if (!member.connection.isReady && ageMs < CONNECTING_MS) return;
    if (this.#mayRetire()) this.#retire(member);
  }

  #mayRetire(): boolean {
    const nowMs = this.#clock.now();
    if (nowMs - this.#retiredAtMs < RETIRE_EVERY_MS) return false;
    this.#retiredAtMs = nowMs;
    return true;
  }

  /** If too many are retired already, it goes on. */
  #retire(member: Member): void {
    if (this.#retired.size < MAX_RETIRED) this.#leaveToEnd(member);
  }

  /** It gets no more calls, and is closed when its last one has ended. */
  #leaveToEnd(member: Member): void {
    if (!this.#members.delete(member)) return;
    member.isRetired = true;
    this.#retired.add(member);
    if (member.openCalls === 0) this.#drop(member);
    this.#admit();
  }

  #drop(member: Member): void {
    this.#members.delete(member);
    this.#retired.delete(member);
    member.connection.close();
  }

  #shrinkLater(): void {
    if (this.#members.size < 2) return;
    this.#shrinking ??= this.#clock.timer(SPARE_MS, () => {
      this.#shrinking = undefined;
      for (const member of [...this.#members].reverse()) {
        if (member.openCalls === 0 && this.#members.size > 1) this.#drop(member);
      }
    });
  }
}

function hasRoom({ connection, openCalls, longCalls }: Member, kind: CallKind): boolean {
  const limit = connection.streamLimit;
  if (kind === 'short' || !connection.isReady) return openCalls < limit;
  const keptForShort = limit === 1 ? 0 : Math.min(Math.ceil(limit / 10), MAX_KEPT_FOR_SHORT);
  return openCalls < limit - keptForShort && longCalls < MAX_LONG_A_CONNECTION;
}

function tooMany(): SharedLockError {
  const message = `this client has ${MAX_WAITING} calls already that wait to be sent; make fewer at once`;
  return new SharedLockError(new Fault('RESOURCE_EXHAUSTED', message));
}
