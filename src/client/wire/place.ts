import type { SharedLockError } from '../errors.js';
import type { Answered, CallStream, GivesUp, Outgoing } from './call-stream.js';
import type { Connection } from './connection.js';

/** A short call is answered at once; a long one waits for something; a watch lasts too, and is a stream of its own. */
export type CallKind = 'short' | 'long' | 'watch';

/** Long calls that go by themselves, and watches. */
const MAX_LONG_A_CONNECTION = 250;
/** Of the places for calls that go by themselves, for short ones: a tenth, and no more than this. */
const MAX_KEPT_FOR_SHORT = 50;
/** Of those in a stream of calls, likewise. */
const MAX_KEPT_IN_STREAM = 500;
/**
 * Calls of their own that are cancelled over one connection before another takes its place. Daemons end a connection after about
 * 1000; this leaves enough for all that may be open to be cancelled at once.
 */
const MAX_CANCELLED = 500;

/** Is told what becomes of the calls of a connection. */
export interface MemberEvents {
  left(member: Member, kind: CallKind): void;
  /** So many of its calls were cancelled that another one should take its place. */
  worn(member: Member): void;
  doubted(member: Member, error: SharedLockError): void;
  broke(member: Member, error: SharedLockError): void;
}

/** A connection of a pool, and what it carries. */
export class Member {
  readonly connection: Connection;
  readonly openedAtMs: number;
  readonly #events: MemberEvents;
  #openCalls = 0;
  /** Those that go by themselves. */
  #ownCalls = 0;
  #ownLongCalls = 0;
  #cancelled = 0;
  #hadCall = false;
  isRetired = false;

  constructor(connection: Connection, openedAtMs: number, events: MemberEvents) {
    this.connection = connection;
    this.openedAtMs = openedAtMs;
    this.#events = events;
  }

  get isIdle(): boolean {
    return this.#openCalls === 0;
  }

  /** It is known how many calls it takes. */
  get isSettled(): boolean {
    return this.connection.isReady && !this.connection.calls.isOpening;
  }

  /** The stream that a call of this kind would go over; undefined: it goes by itself. */
  streamFor(kind: CallKind): CallStream | undefined {
    return kind === 'watch' ? undefined : this.connection.calls.stream;
  }

  hasRoom(kind: CallKind, stream: CallStream | undefined): boolean {
    if (stream !== undefined) {
      const kept = Math.min(Math.ceil(stream.maxCalls / 10), MAX_KEPT_IN_STREAM);
      return stream.hasRoom(kind === 'short' ? 0 : kept);
    }
    const { streamLimit, isReady } = this.connection;
    // The stream of calls is one of its own.
    const limit = this.connection.calls.stream === undefined ? streamLimit : streamLimit - 1;
    if (kind === 'short' || !isReady) return this.#ownCalls < limit;
    const kept = limit === 1 ? 0 : Math.min(Math.ceil(limit / 10), MAX_KEPT_FOR_SHORT);
    return this.#ownCalls < limit - kept && this.#ownLongCalls < MAX_LONG_A_CONNECTION;
  }

  enter(kind: CallKind, stream: CallStream | undefined): Place {
    // Whoever makes one call may make no other: the second is worth a stream.
    if (this.#hadCall && kind !== 'watch' && this.connection.isReady) {
      this.connection.calls.open();
    }
    this.#hadCall = true;
    this.#count(kind, stream, 1);
    this.connection.isBusy = true;
    return new Place(this, kind, stream, this.#events);
  }

  leave(kind: CallKind, stream: CallStream | undefined): void {
    this.#count(kind, stream, -1);
    if (this.isIdle) this.connection.isBusy = false;
    this.#events.left(this, kind);
  }

  /** A call of its own was given up. */
  cancelled(): void {
    this.#cancelled += 1;
    if (this.#cancelled >= MAX_CANCELLED) this.#events.worn(this);
  }

  #count(kind: CallKind, stream: CallStream | undefined, change: 1 | -1): void {
    this.#openCalls += change;
    if (stream !== undefined) stream.count(change);
    else {
      this.#ownCalls += change;
      if (kind !== 'short') this.#ownLongCalls += change;
    }
  }
}

/** Room for one call over a connection. */
export class Place {
  readonly #member: Member;
  readonly #kind: CallKind;
  readonly #stream: CallStream | undefined;
  readonly #events: MemberEvents;
  #isStreamed = false;
  #isOver = false;

  constructor(
    member: Member,
    kind: CallKind,
    stream: CallStream | undefined,
    events: MemberEvents,
  ) {
    this.#member = member;
    this.#kind = kind;
    this.#stream = stream;
    this.#events = events;
  }

  get connection(): Connection {
    return this.#member.connection;
  }

  /** Makes the call: over the stream, if it can go there. */
  send(call: Outgoing, owner: Answered): GivesUp {
    const streamed = this.#stream?.call(call, owner);
    this.#isStreamed = streamed !== undefined;
    return streamed ?? this.connection.unary(call, owner);
  }

  /** The call was given up before it ended. */
  cancelled(): void {
    // In a stream that resets nothing.
    if (!this.#isStreamed) this.#member.cancelled();
  }

  /**
   * It was not answered. Maybe only its connection is dead, so later calls get another one; maybe the daemon, so those
   * that wait for a place may go elsewhere.
   */
  doubt(error: SharedLockError): void {
    this.#events.doubted(this.#member, error);
  }

  /** Its connection broke, or never came to be. */
  broken(error: SharedLockError): void {
    this.#events.broke(this.#member, error);
  }

  /** The call is over. Idempotent. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#member.leave(this.#kind, this.#stream);
  }
}
