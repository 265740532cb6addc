import type { Fault } from '../../../core/errors.js';
import { readRequestFrame } from '../../../protocol/call-frames/request-frame.js';
import type { FramedCall, RequestFrame } from '../../../protocol/call-frames/request-frame.js';
import { ConnectionBroken } from '../../../service/caller.js';
import { callerGone } from '../../handlers/call-scope.js';
import { leftBy } from '../bind.js';
import type { AnswerStream } from '../stream.js';
import type { WireError } from '../wire-error.js';
import { AnswerFrames } from './answer-frames.js';
import type { CallStreamParts } from './parts.js';
import { repeatedId, type Refusals } from './refusals.js';
import { StreamedCall, type CallOwner, type Origin } from './streamed-call.js';

/** Of one frame, requests of so many bytes are begun in one turn of the event loop. */
const BYTES_A_TURN = 64 * 1024;

/** The stream as grpc-js has it: frames come as bytes. */
export interface CallWire extends AnswerStream {
  pause(): unknown;
  resume(): unknown;
}

/**
 * One CallStream: frames are read one after the other, the calls of each begun in order, and answered as they end. It is not read on
 * while calls of a frame have not begun, or answers are not taken. For calls under way it is read on, since what ends
 * them may come next, a release or a cancel: so those beyond a limit are refused instead.
 */
export class CallStream implements CallOwner {
  readonly #parts: CallStreamParts;
  readonly #refusals: Refusals;
  readonly #wire: CallWire;
  readonly #origin: Origin;
  readonly #frames: AnswerFrames;
  readonly #over: () => void;
  /** Not answered, by id. */
  readonly #calls = new Map<number, StreamedCall>();
  /** With those that were given up, whose work has not ended yet. */
  #running = 0;
  #runningBytes = 0;
  #frame: RequestFrame | undefined;
  #next = 0;
  #goingAway: Fault | undefined;
  #isHalfClosed = false;
  #isOver = false;
  #wasUsed = false;
  #idle: { cancel(): void } | undefined;

  /** @param over is called once, when it has ended. */
  constructor(
    parts: CallStreamParts,
    refusals: Refusals,
    wire: CallWire,
    origin: Origin,
    over: () => void,
  ) {
    this.#parts = parts;
    this.#refusals = refusals;
    this.#wire = wire;
    this.#origin = origin;
    this.#over = over;
    this.#frames = new AnswerFrames(wire, parts.admission, origin.user, () => this.#readOn());
    this.#watchIdle();
  }

  get peer(): string {
    return this.#origin.peer;
  }

  /** @param welcome the frame that says what is taken. */
  open(welcome: Buffer): void {
    const wire = this.#wire;
    wire.on('data', (bytes: Buffer) => this.#take(bytes));
    wire.on('end', () => this.#halfClosed());
    // What grpc-js finds wrong it has answered itself; the end follows.
    wire.on('error', () => undefined);
    // At the end of each stream, however it ended.
    wire.on('cancelled', () => this.#gone(leftBy(this.peer, this.#parts.connections)));
    this.#frames.welcome(welcome);
  }

  /** Takes no further calls, and ends when those under way are answered. @param cause what others are told. */
  goAway(cause: Fault): void {
    if (this.#goingAway !== undefined) return;
    this.#goingAway = cause;
    this.#frames.goAway();
    this.#endIfDone();
  }

  answered({ id }: StreamedCall, outcome: Buffer | WireError): void {
    this.#calls.delete(id);
    const isError = !Buffer.isBuffer(outcome);
    this.#frames.push({ id, isError, bytes: isError ? outcome.status : outcome });
    this.#endIfDone();
  }

  ended({ requestBytes }: StreamedCall): void {
    this.#running -= 1;
    this.#runningBytes -= requestBytes;
  }

  #take(bytes: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#frame = this.#read(bytes);
      this.#next = 0;
      this.#work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #read(bytes: Buffer): RequestFrame {
    const { frameBytes, frameEntries } = this.#parts.limits;
    if (bytes.length > frameBytes) throw this.#refusals.frameTooLarge;
    let frame: RequestFrame | undefined;
    try {
      frame = readRequestFrame(bytes, frameEntries);
    } catch {
      // protobufjs throws many kinds of errors for bytes that are no message; none says more than this.
      throw this.#refusals.noFrame;
    }
    if (frame === undefined) throw this.#refusals.frameTooLarge;
    return frame;
  }

  /** Begins calls of the frame, and then gives up those that it cancels: all, or as many as one turn may have. */
  #work(): void {
    const frame = this.#frame;
    if (frame === undefined || this.#isOver) return;
    const { calls, cancelled } = frame;
    let left = this.#parts.pace.begin();
    let bytes = 0;
    for (; this.#next < calls.length + cancelled.length; left--) {
      if (left === 0 || bytes >= BYTES_A_TURN) {
        this.#wire.pause();
        void this.#parts.pace.nextTurn().then(() => this.#workOn());
        return;
      }
      const call = calls[this.#next];
      const id = cancelled[this.#next - calls.length];
      this.#next++;
      if (call !== undefined) {
        bytes += call.request.length;
        this.#begin(call);
      } else if (id !== undefined) this.#calls.get(id)?.giveUp(callerGone());
    }
    this.#frame = undefined;
    if (this.#frames.isBlocked) this.#wire.pause();
    this.#endIfDone();
  }

  #workOn(): void {
    try {
      this.#work();
      this.#readOn();
    } catch (error) {
      this.#fail(error);
    }
  }

  #readOn(): void {
    if (this.#frame === undefined && !this.#frames.isBlocked && !this.#isOver) this.#wire.resume();
  }

  /** @throws Fault that ends the stream: the answer would be taken for that of another call. */
  #begin(framed: FramedCall): void {
    const { id, method: number, request, metadataBytes = 0 } = framed;
    if (id === 0) throw this.#refusals.noId;
    if (this.#calls.has(id)) throw repeatedId(id);
    const method = this.#parts.methods[number - 1];
    if (method === undefined) {
      const { status } = this.#parts.refusalOf(this.#refusals.noSuchMethod);
      this.#frames.push({ id, isError: true, bytes: status });
      return;
    }
    const requestBytes = request.length;
    const call = new StreamedCall(this.#parts, this, this.#origin, { id, method, requestBytes });
    this.#calls.set(id, call);
    this.#wasUsed = true;
    const refusal = this.#refusal(call, metadataBytes);
    if (refusal !== undefined) {
      call.refuse(refusal);
      return;
    }
    this.#running += 1;
    this.#runningBytes += requestBytes;
    call.run(framed);
  }

  #refusal({ method, requestBytes }: StreamedCall, metadataBytes: number): Fault | undefined {
    const { limits } = this.#parts;
    if (this.#goingAway !== undefined) return this.#goingAway;
    if (metadataBytes > limits.metadataBytes) return this.#refusals.metadataTooLarge;
    const room = method.work === 'keep' ? 2 : 1;
    if (this.#running >= limits.calls * room) return this.#refusals.tooManyCalls;
    return this.#runningBytes + requestBytes > limits.requestBytes * room
      ? this.#refusals.tooManyBytes
      : undefined;
  }

  #halfClosed(): void {
    this.#isHalfClosed = true;
    this.#endIfDone();
  }

  #endIfDone(): void {
    const isEnding = this.#isHalfClosed || this.#goingAway !== undefined;
    if (isEnding && this.#calls.size === 0 && this.#frame === undefined) this.#frames.end();
  }

  #watchIdle(): void {
    const { clock, limits } = this.#parts;
    this.#wasUsed = false;
    this.#idle = clock.timer(limits.idleTimeoutMs, () => {
      if (this.#calls.size === 0 && !this.#wasUsed) this.goAway(this.#refusals.idle);
      else this.#watchIdle();
    });
  }

  /** Ends it with an error. The calls under way are given up as if the connection had broken: nobody said that they should be. */
  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#gone(new ConnectionBroken());
    this.#parts.fail(this.#wire, error);
  }

  #gone(cause: Fault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#frame = undefined;
    this.#idle?.cancel();
    this.#frames.drop();
    this.#over();
    void this.#leaveAll([...this.#calls.values()], cause);
    this.#calls.clear();
  }

  async #leaveAll(calls: readonly StreamedCall[], cause: Fault): Promise<void> {
    const { pace } = this.#parts;
    let left = pace.begin();
    for (const call of calls) {
      if (left-- === 0) {
        await pace.nextTurn();
        left = pace.begin();
      }
      call.leave(cause);
    }
  }
}
