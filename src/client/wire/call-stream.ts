import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { atTurnEnd } from '../../clock/turn-end.js';
import { Fault } from '../../core/errors.js';
import type { CallDescriptors, CallMethod } from '../../protocol/call-descriptors.js';
import {
  framedSize,
  metadataSize,
  writeRequestFrame,
} from '../../protocol/call-frames/request-frame.js';
import { readResponseFrame } from '../../protocol/call-frames/response-frame.js';
import type { FramedAnswer } from '../../protocol/call-frames/response-frame.js';
import type { Welcome__Output } from '../../protocol/generated/sharedlock/v1/Welcome.js';
import { readStatusBytes } from '../../protocol/read-status.js';
import { SharedLockError } from '../errors.js';
import { errorOf, hasBroken } from './faults.js';

/** Whoever made a call is told how it ends: once, one of both. */
export interface Answered {
  answered(response: Buffer): void;
  /** @param isBroken it is no answer: the way to the daemon broke. */
  failed(error: SharedLockError, isBroken: boolean): void;
}

/** What gives a call up: nothing more is heard of it then. */
export interface GivesUp {
  cancel(): void;
}

/** What is called, as it is sent. */
export interface Outgoing {
  readonly method: CallMethod;
  readonly request: Buffer;
  /** Says who calls; undefined: nothing does. */
  readonly token: string | undefined;
}

export interface CallStreamParts {
  readonly address: string;
  /** That it was opened with: a call with another one brings it along. */
  readonly token: string | undefined;
  readonly descriptors: CallDescriptors;
  /** Is called when it opens, and when there may be room again. */
  readonly changed: () => void;
  /** Is called once, when it takes no calls any more. `error` undefined: the daemon asked to go on elsewhere, or it was closed. */
  readonly over: (error: ServiceError | undefined) => void;
}

/** Of a frame. Daemons that are short of memory refuse larger messages, and the stream with them; so a larger request goes by itself. */
const FRAME_BYTES = 16 * 1024;
const MAX_CANCELLED = 2000;
const NOTHING: readonly string[] = [];

/** One call under way. Its id is that of its slot, and is used again once it is answered. */
class Slot implements GivesUp {
  readonly id: number;
  readonly method: number;
  readonly request: Buffer;
  /** In its metadata. */
  readonly authorization: readonly string[];
  readonly #given: (slot: Slot) => void;
  /** Undefined: it was given up. */
  owner: Answered | undefined;
  isSent = false;

  constructor(
    call: Pick<Slot, 'id' | 'method' | 'request' | 'authorization'>,
    owner: Answered,
    given: (slot: Slot) => void,
  ) {
    this.id = call.id;
    this.method = call.method;
    this.request = call.request;
    this.authorization = call.authorization;
    this.owner = owner;
    this.#given = given;
  }

  cancel(): void {
    if (this.owner === undefined) return;
    this.owner = undefined;
    this.#given(this);
  }
}

/**
 * The stream that carries the calls of one connection: `sharedlock.v1.CallService/CallStream`. What is asked in one turn of the event
 * loop goes in one frame. Once it has ended it is over, and its calls have failed as with a connection that breaks.
 */
export class CallStream {
  readonly #parts: CallStreamParts;
  readonly #wire: ClientDuplexStream<Buffer, Buffer>;
  readonly #slots: (Slot | undefined)[] = [];
  readonly #freeIds: number[] = [];
  #unsent: Slot[] = [];
  #cancelled: number[] = [];
  #welcome: Welcome__Output | undefined;
  #numbers: ReadonlyMap<string, number> = new Map();
  /** Places that were given away, and calls that were given up and are not answered. */
  #taken = 0;
  #bytes = 0;
  #isScheduled = false;
  #isBlocked = false;
  #isLeaving = false;
  #mustClose = false;
  #isOver = false;

  constructor(wire: ClientDuplexStream<Buffer, Buffer>, parts: CallStreamParts) {
    this.#wire = wire;
    this.#parts = parts;
    wire.on('data', (bytes: Buffer) => this.#take(bytes));
    wire.on('error', (error: ServiceError) => this.#broke(error));
    wire.on('end', () => this.#end(this.#ended('it ended')));
  }

  /** It takes calls. */
  get isOpen(): boolean {
    return this.#welcome !== undefined && !this.#isLeaving && !this.#isOver;
  }

  /** Calls that the daemon takes over it at once. */
  get maxCalls(): number {
    return this.#welcome?.maxCalls ?? 0;
  }

  /** @param kept so many places are for others. */
  hasRoom(kept: number): boolean {
    if (this.#welcome === undefined || !this.isOpen) return false;
    const { maxCalls, maxRequestBytes, maxFrameBytes } = this.#welcome;
    return this.#taken < maxCalls - kept && this.#bytes <= maxRequestBytes - maxFrameBytes;
  }

  /** A place for a call to come is taken, or given back. */
  count(change: 1 | -1): void {
    this.#taken += change;
  }

  /** What it was opened with. */
  get token(): string | undefined {
    return this.#parts.token;
  }

  /** @returns undefined if it can't go this way: the stream is over, or it is too large, or the daemon does not know the method here. */
  call({ method: { path }, request, token }: Outgoing, owner: Answered): GivesUp | undefined {
    const method = this.#numbers.get(path);
    const authorization = this.#authorizationFor(token);
    if (method === undefined || authorization === undefined || this.#isOver) return undefined;
    const id = this.#freeIds.pop() ?? this.#slots.push(undefined);
    const slot = new Slot({ id, method, request, authorization }, owner, this.#given);
    // What others that were given a place have sent since may have taken the room.
    const left = (this.#welcome?.maxRequestBytes ?? 0) - this.#bytes;
    if (framedSize(slot) > this.#maxFrameBytes || request.length > left) {
      this.#freeIds.push(id);
      return undefined;
    }
    this.#slots[id - 1] = slot;
    this.#bytes += request.length;
    this.#unsent.push(slot);
    this.#schedule();
    return slot;
  }

  /** It takes no calls any more, and is closed when those under way are answered. */
  leave(): void {
    this.#mustClose = true;
    this.#leave(undefined);
    this.#closeIfIdle();
  }

  /** For good. Whoever waits for an answer still is told that there will be none. */
  close(): void {
    this.#end(this.#ended('it was closed'));
    this.#wire.cancel();
  }

  #closeIfIdle(): void {
    if (this.#mustClose && this.#freeIds.length === this.#slots.length) this.close();
  }

  /** What a call brings along beside what the stream was opened with; undefined: more than the daemon takes. */
  #authorizationFor(token: string | undefined): readonly string[] | undefined {
    if (token === undefined || token === this.#parts.token) return NOTHING;
    const value = `Bearer ${token}`;
    return metadataSize(value) > (this.#welcome?.maxMetadataBytes ?? 0) ? undefined : [value];
  }

  readonly #given = (slot: Slot): void => {
    if (slot.isSent) {
      // Its place is free when the daemon has answered it.
      this.#taken += 1;
      this.#cancelled.push(slot.id);
      this.#schedule();
    } else this.#free(slot);
  };

  #free({ id, request }: Slot): void {
    this.#slots[id - 1] = undefined;
    this.#freeIds.push(id);
    this.#bytes -= request.length;
    this.#closeIfIdle();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isBlocked || this.#isOver) return;
    this.#isScheduled = true;
    atTurnEnd(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  #send(): void {
    while (!this.#isBlocked && !this.#isOver) {
      const calls = this.#nextCalls();
      const cancelled = calls.length === 0 ? this.#nextCancelled() : [];
      if (calls.length + cancelled.length === 0) return;
      for (const slot of calls) slot.isSent = true;
      this.#isBlocked = !this.#wire.write(writeRequestFrame({ calls, cancelled }));
    }
    if (this.#isBlocked) {
      this.#wire.once('drain', () => {
        this.#isBlocked = false;
        this.#send();
      });
    }
  }

  /** One at least, if there is one that was not given up meanwhile. */
  #nextCalls(): readonly Slot[] {
    const { maxFrameEntries = 0 } = this.#welcome ?? {};
    const maxBytes = this.#maxFrameBytes;
    const calls: Slot[] = [];
    let bytes = 0;
    let next = 0;
    for (; next < this.#unsent.length; next++) {
      const slot = this.#unsent[next];
      if (slot?.owner === undefined) continue;
      bytes += framedSize(slot);
      if (calls.length > 0 && (bytes > maxBytes || calls.length >= maxFrameEntries)) break;
      calls.push(slot);
    }
    if (next === this.#unsent.length) this.#unsent = [];
    else this.#unsent.splice(0, next);
    return calls;
  }

  get #maxFrameBytes(): number {
    return Math.min(FRAME_BYTES, this.#welcome?.maxFrameBytes ?? 0);
  }

  /** So few that they fit too. */
  #nextCancelled(): readonly number[] {
    return this.#cancelled.splice(0, Math.min(MAX_CANCELLED, this.#welcome?.maxFrameEntries ?? 0));
  }

  #take(bytes: Buffer): void {
    try {
      const { welcome, answers, goAway } = readResponseFrame(bytes);
      for (const answer of answers) this.#settle(answer);
      if (welcome !== undefined) this.#opened(welcome);
      if (goAway) this.#leave(undefined);
      else if (answers.length > 0) this.#parts.changed();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#end(this.#ended(`it sends what can't be read: ${why}`));
      this.#wire.cancel();
    }
  }

  #opened(bytes: Buffer): void {
    const codec = this.#parts.descriptors.codec('sharedlock.v1.Welcome');
    // What the daemon's first frame has is this message.
    this.#welcome = codec.deserialize(bytes) as Welcome__Output;
    this.#numbers = new Map(this.#welcome.methods.map((name, at) => [`/${name}`, at + 1]));
    this.#parts.changed();
  }

  #settle({ id, isError, bytes }: FramedAnswer): void {
    const slot = this.#slots[id - 1];
    if (slot === undefined) return;
    const { owner } = slot;
    this.#free(slot);
    if (owner === undefined) this.#taken -= 1;
    else if (isError) owner.failed(this.#errorIn(bytes), false);
    else owner.answered(bytes);
  }

  #errorIn(bytes: Buffer): SharedLockError {
    return new SharedLockError(readStatusBytes(this.#parts.descriptors, bytes));
  }

  #broke(error: ServiceError): void {
    const { address, descriptors } = this.#parts;
    if (hasBroken(error)) this.#end(() => errorOf(error, address, descriptors), error);
    else this.#end(this.#ended(error.details), error);
  }

  /** Each call has an error of its own. */
  #ended(why: string): () => SharedLockError {
    const message = `the stream of calls to the daemon at ${this.#parts.address} is over: ${why}`;
    return () => new SharedLockError(new Fault('UNAVAILABLE', message));
  }

  #leave(error: ServiceError | undefined): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#parts.over(error);
  }

  #end(failure: () => SharedLockError, error?: ServiceError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave(error);
    const slots = this.#slots.splice(0);
    this.#unsent = [];
    for (const slot of slots) {
      const owner = slot?.owner;
      if (slot !== undefined) slot.owner = undefined;
      owner?.failed(failure(), true);
    }
  }
}
