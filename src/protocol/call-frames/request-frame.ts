import protobuf from 'protobufjs';
import type { Reader } from 'protobufjs';
import { varintSize, writeVarint } from './varint.js';

/** A `sharedlock.v1.Call`, with its request as bytes. */
export interface FramedCall {
  /** 0: it has none. */
  readonly id: number;
  /** Its place among the daemon's methods, from 1. */
  readonly method: number;
  readonly request: Buffer;
  /** Undefined: it waits as long as it takes. */
  readonly timeoutMs?: number | undefined;
  /** Of names and values of its metadata. */
  readonly metadataBytes?: number;
  /** All values of `authorization` in its metadata. Absent: there is none. */
  readonly authorization?: readonly string[] | undefined;
}

/** A `sharedlock.v1.CallStreamRequest`. */
export interface RequestFrame {
  readonly calls: readonly FramedCall[];
  readonly cancelled: readonly number[];
}

/** Tags of protobuf: number of the field, and form of its value. */
const TAG = { calls: 0x0a, cancelled: 0x10, cancelledPacked: 0x12 } as const;
const CALL_TAG = {
  id: 0x08,
  method: 0x10,
  request: 0x1a,
  timeoutMs: 0x20,
  metadata: 0x2a,
} as const;
const ENTRY_TAG = { key: 0x0a, value: 0x12 } as const;

const AUTHORIZATION = 'authorization';

const NO_BYTES = Buffer.alloc(0);

/**
 * Reads a frame without copying the requests in it. By hand: through reflection it would be a good part of what a call costs.
 * @returns undefined if it has more calls and cancelled ids than `maxEntries`.
 * @throws Error of any kind for bytes that are no such message.
 */
export function readRequestFrame(bytes: Buffer, maxEntries: number): RequestFrame | undefined {
  const reader = protobuf.Reader.create(bytes);
  const calls: FramedCall[] = [];
  const cancelled: number[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === TAG.calls) calls.push(readCall(reader));
    else if (tag === TAG.cancelled) cancelled.push(reader.uint32());
    else if (tag === TAG.cancelledPacked) {
      const end = endOf(reader);
      while (reader.pos < end && cancelled.length <= maxEntries) cancelled.push(reader.uint32());
    } else reader.skipType(tag & 7);
    if (calls.length + cancelled.length > maxEntries) return undefined;
  }
  return { calls, cancelled };
}

function readCall(reader: Reader): FramedCall {
  const end = endOf(reader);
  let id = 0;
  let method = 0;
  let request: Buffer = NO_BYTES;
  let timeoutMs: number | undefined;
  let metadataBytes = 0;
  let authorization: string[] | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === CALL_TAG.id) id = reader.uint32();
    else if (tag === CALL_TAG.method) method = reader.uint32();
    // Of a Buffer it gives a Buffer.
    else if (tag === CALL_TAG.request) request = reader.bytes() as Buffer;
    else if (tag === CALL_TAG.timeoutMs) timeoutMs = reader.uint32();
    else if (tag === CALL_TAG.metadata) {
      const entry = readEntry(reader);
      metadataBytes += entry.bytes;
      if (entry.key === AUTHORIZATION) (authorization ??= []).push(entry.value.toString('latin1'));
    } else reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new RangeError('a call is longer than it says');
  return { id, method, request, timeoutMs, metadataBytes, authorization };
}

/** One entry of the metadata. Of its bytes an empty one has some too, or there could be any number. */
function readEntry(reader: Reader): { bytes: number; key: string; value: Buffer } {
  const end = endOf(reader);
  let bytes = 2;
  let key = '';
  let value: Buffer = NO_BYTES;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag !== ENTRY_TAG.key && tag !== ENTRY_TAG.value) {
      reader.skipType(tag & 7);
      continue;
    }
    const part = reader.bytes() as Buffer;
    bytes += part.length;
    if (tag === ENTRY_TAG.value) value = part;
    // Only the one name is looked at.
    else key = part.length === AUTHORIZATION.length ? part.toString('latin1') : '';
  }
  return { bytes, key, value };
}

/** Where what begins here ends. @throws RangeError if that is beyond the message. */
function endOf(reader: Reader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('a part is longer than the message');
  return end;
}

/** Bytes that a call takes in a frame, at most. */
export function framedSize(call: FramedCall): number {
  return fieldSize(callSize(call));
}

function callSize({ id, method, request, authorization = [] }: FramedCall): number {
  let size = 2 + varintSize(id) + varintSize(method) + fieldSize(request.length);
  for (const value of authorization) size += fieldSize(entrySize(value));
  return size;
}

/** Of an entry of the metadata, whose value is ASCII. */
function entrySize(value: string): number {
  return fieldSize(AUTHORIZATION.length) + fieldSize(value.length);
}

/** Bytes that a value of `authorization` counts as metadata of its call. */
export function metadataSize(value: string): number {
  return 2 + AUTHORIZATION.length + value.length;
}

/** The bytes of a frame. Timeouts, and metadata but who calls, are not among what our client sends. */
export function writeRequestFrame({ calls, cancelled }: RequestFrame): Buffer {
  let size = 0;
  for (const call of calls) size += framedSize(call);
  for (const id of cancelled) size += 1 + varintSize(id);
  const frame = Buffer.allocUnsafe(size);
  let at = 0;
  for (const call of calls) {
    const { id, method, request, authorization = [] } = call;
    frame[at++] = TAG.calls;
    at = writeVarint(frame, at, callSize(call));
    frame[at++] = CALL_TAG.id;
    at = writeVarint(frame, at, id);
    frame[at++] = CALL_TAG.method;
    at = writeVarint(frame, at, method);
    frame[at++] = CALL_TAG.request;
    at = writeVarint(frame, at, request.length);
    at += request.copy(frame, at);
    for (const value of authorization) at = writeEntry(frame, at, value);
  }
  for (const id of cancelled) {
    frame[at++] = TAG.cancelled;
    at = writeVarint(frame, at, id);
  }
  return frame;
}

function writeEntry(frame: Buffer, start: number, value: string): number {
  let at = start;
  frame[at++] = CALL_TAG.metadata;
  at = writeVarint(frame, at, entrySize(value));
  frame[at++] = ENTRY_TAG.key;
  at = writeVarint(frame, at, AUTHORIZATION.length);
  at += frame.write(AUTHORIZATION, at, 'latin1');
  frame[at++] = ENTRY_TAG.value;
  at = writeVarint(frame, at, value.length);
  return at + frame.write(value, at, 'latin1');
}

/** Tag, length and bytes of a field. */
function fieldSize(bytes: number): number {
  return 1 + varintSize(bytes) + bytes;
}
