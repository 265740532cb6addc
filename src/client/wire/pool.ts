import type { Clock, Timer } from '../../clock/clock.js';
import type { SharedLockError } from '../errors.js';
import type { CallStream } from './call-stream.js';
import { ConnectPace } from './connect-pace.js';
import { Connection } from './connection.js';
import type { ConnectionParts, Target } from './connection.js';
import { Member } from './place.js';
import type { CallKind, Place } from './place.js';
import { PlaceQueue } from './place-queue.js';

const MAX_CONNECTIONS = 128;
/** Connections that take no new calls, and are kept for those that they have. */
const MAX_RETIRED = 32;
/** Short calls under way; more at once would be answered no sooner, and each so late that it seems lost. */
const MAX_SHORT = 64;
/** The same where they go over a stream, which costs a daemon a third. */
const MAX_SHORT_IN_STREAM = 512;
/** A connection that is in doubt is exchanged for another at most so often. */
const RETIRE_EVERY_MS = 1000;
/** So long a connection may take to come to be; who begins anew earlier may never get there. */
const CONNECTING_MS = 3000;
/** A connection that is not needed any more is closed after so long, unless it is the only one. */
const SPARE_MS = 10_000;

/**
 * The connections to one daemon, for calls, waits and watches. As a rule there is one, with a stream of calls; there are more of them
 * as soon as the places of one are taken, up to a limit, beyond which calls wait here. One that is replaced lives until
 * its calls have ended.
 */
export class Pool {
  readonly address: string;
  readonly #clock: Clock;
  readonly #parts: ConnectionParts;
  readonly #target: Target;
  readonly #members = new Set<Member>();
  readonly #retired = new Set<Member>();
  readonly #queue: PlaceQueue;
  readonly #pace: ConnectPace;
  #shortCalls = 0;
  #retiredAtMs = -Infinity;
  #shrinking: Timer | undefined;

  constructor(parts: ConnectionParts, target: Target) {
    this.address = target.address;
    this.#clock = parts.clock;
    this.#parts = parts;
    this.#target = target;
    this.#queue = new PlaceQueue(parts.clock, target.address);
    this.#pace = new ConnectPace(parts.clock, () => this.#admit());
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
    const nothing = (): void => undefined;
    return new Connection(this.#parts, this.#target, {
      ready: () => this.#pace.succeeded(),
      hasRoom: nothing,
      gone: nothing,
    });
  }

  /** An attempt to connect has failed. */
  failed(error: SharedLockError): void {
    this.#pace.failed(error);
  }

  /** @returns undefined if there is no place now: `wait` for one. */
  enter(kind: CallKind): Place | undefined {
    // Who came before goes first.
    return this.#queue.isEmpty(kind) ? this.#placeFor(kind) : undefined;
  }

  /** As `PlaceQueue.wait`. @throws SharedLockError UNAVAILABLE too, if there is no way to the daemon. */
  wait(kind: CallKind, limitMs: number, signal: AbortSignal): Promise<Place> {
    const hasNoWay = this.#members.size === 0 && this.refusal !== undefined;
    return hasNoWay ? Promise.reject(this.refusal) : this.#queue.wait(kind, limitMs, signal);
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
    for (const member of this.#members) {
      const stream = member.streamFor(kind);
      if (this.#mayTake(kind, stream) && member.hasRoom(kind, stream)) {
        return this.#take(member, kind, stream);
      }
    }
    if (!this.#mayTake(kind, undefined) || !this.#mayOpen()) return undefined;
    return this.#take(this.#open(), kind, undefined);
  }

  #mayTake(kind: CallKind, stream: CallStream | undefined): boolean {
    const limit = stream === undefined ? MAX_SHORT : MAX_SHORT_IN_STREAM;
    return kind !== 'short' || this.#shortCalls < limit;
  }

  #mayOpen(): boolean {
    if (this.#members.size >= MAX_CONNECTIONS || this.refusal !== undefined) return false;
    for (const { isSettled } of this.#members) if (!isSettled) return false;
    return true;
  }

  #take(member: Member, kind: CallKind, stream: CallStream | undefined): Place {
    if (kind === 'short') this.#shortCalls += 1;
    return member.enter(kind, stream);
  }

  #open(): Member {
    const connection = new Connection(this.#parts, this.#target, {
      ready: () => {
        this.#pace.succeeded();
        this.#admit();
      },
      hasRoom: () => this.#admit(),
      gone: () => this.#leaveToEnd(member),
    });
    const member = new Member(connection, this.#clock.now(), this.#events);
    this.#members.add(member);
    return member;
  }

  readonly #events = {
    left: (member: Member, kind: CallKind): void => {
      if (kind === 'short') this.#shortCalls -= 1;
      if (member.isIdle) {
        if (member.isRetired) this.#drop(member);
        else this.#shrinkLater();
      }
      this.#admit();
    },
    worn: (member: Member): void => this.#retire(member),
    doubted: (member: Member, error: SharedLockError): void => this.#doubted(member, error),
    broke: (member: Member, error: SharedLockError): void => this.#broke(member, error),
  };

  #admit(): void {
    this.#queue.admit((kind) => this.#placeFor(kind));
  }

  #broke(member: Member, error: SharedLockError): void {
    // Was there no way to the daemon?
    if (!member.connection.isReady && this.#members.has(member)) {
      this.#pace.failed(error);
      this.#queue.sendAway(error);
    }
    this.#leaveToEnd(member);
  }

  #doubted(member: Member, error: SharedLockError): void {
    this.#queue.sendAway(error);
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
    if (member.isIdle) this.#drop(member);
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
        if (member.isIdle && this.#members.size > 1) this.#drop(member);
      }
    });
  }
}
