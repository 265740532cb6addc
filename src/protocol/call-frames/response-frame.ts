import protobuf from 'protobufjs';
import type { Reader } from 'protobufjs';
import { varintSize, writeVarint } from './varint.js';

/** A `sharedlock.v1.Answer`. */
export interface FramedAnswer {
  readonly id: number;
  /** Whether `bytes` are a `google.rpc.Status`, else the response message. */
  readonly isError: boolean;
  readonly bytes: Buffer;
}

/** A `sharedlock.v1.CallStreamResponse`. */
export interface ResponseFrame {
  /** The bytes of a `sharedlock.v1.Welcome`. */
  readonly welcome?: Buffer | undefined;
  readonly answers: readonly FramedAnswer[];
  readonly goAway: boolean;
}

const TAG = { welcome: 0x0a, answers: 0x12, goAway: 0x18 } as const;
const ANSWER_TAG = { id: 0x08, response: 0x12, error: 0x1a } as const;

const NO_BYTES = Buffer.alloc(0);

/** Reads a frame without copying what is in it. @throws Error of any kind for bytes that are no such message. */
export function readResponseFrame(bytes: Buffer): ResponseFrame {
  const reader = protobuf.Reader.create(bytes);
  const answers: FramedAnswer[] = [];
  let welcome: Buffer | undefined;
  let goAway = false;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === TAG.answers) answers.push(readAnswer(reader));
    // Of a Buffer it gives a Buffer.
    else if (tag === TAG.welcome) welcome = reader.bytes() as Buffer;
    else if (tag === TAG.goAway) goAway = reader.bool();
    else reader.skipType(tag & 7);
  }
  return { welcome, answers, goAway };
}

function readAnswer(reader: Reader): FramedAnswer {
  const end = reader.uint32() + reader.pos;
  let id = 0;
  let isError = false;
  let bytes: Buffer = NO_BYTES;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ANSWER_TAG.id) id = reader.uint32();
    else if (tag === ANSWER_TAG.response || tag === ANSWER_TAG.error) {
      isError = tag === ANSWER_TAG.error;
      bytes = reader.bytes() as Buffer;
    } else reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new RangeError('an answer is longer than it says');
  return { id, isError, bytes };
}

/** Bytes that an answer takes in a frame. */
export function answerSize({ id, bytes }: FramedAnswer): number {
  const size = contentSize(id, bytes);
  return 1 + varintSize(size) + size;
}

function contentSize(id: number, bytes: Buffer): number {
  return 1 + varintSize(id) + 1 + varintSize(bytes.length) + bytes.length;
}

/** The bytes of a frame. */
export function writeResponseFrame({ welcome, answers, goAway }: ResponseFrame): Buffer {
  let size = goAway ? 2 : 0;
  if (welcome !== undefined) size += 1 + varintSize(welcome.length) + welcome.length;
  for (const answer of answers) size += answerSize(answer);
  const frame = Buffer.allocUnsafe(size);
  let at = 0;
  if (welcome !== undefined) {
    frame[at++] = TAG.welcome;
    at = writeVarint(frame, at, welcome.length);
    at += welcome.copy(frame, at);
  }
  for (const { id, isError, bytes } of answers) {
    frame[at++] = TAG.answers;
    at = writeVarint(frame, at, contentSize(id, bytes));
    frame[at++] = ANSWER_TAG.id;
    at = writeVarint(frame, at, id);
    frame[at++] = isError ? ANSWER_TAG.error : ANSWER_TAG.response;
    at = writeVarint(frame, at, bytes.length);
    at += bytes.copy(frame, at);
  }
  if (goAway) {
    frame[at++] = TAG.goAway;
    frame[at] = 1;
  }
  return frame;
}
