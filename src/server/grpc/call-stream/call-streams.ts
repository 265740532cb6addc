import { Metadata } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/grpc-js';
import type { Fault } from '../../../core/errors.js';
import { writeResponseFrame } from '../../../protocol/call-frames/response-frame.js';
import type { MethodDescriptor } from '../../../protocol/descriptors.js';
import { peerOf, presentedIn, userOf } from '../stream.js';
import { CallStream, type CallWire } from './call-stream.js';
import type { CallStreamParts } from './parts.js';
import { Refusals } from './refusals.js';

/** The path of the method. */
export const CALL_STREAM = '/sharedlock.v1.CallService/CallStream';

/** Its definition for grpc-js: frames stay bytes, which `src/protocol/call-frames` reads and writes. */
export function callStreamDefinition({ definition }: MethodDescriptor): ServiceDefinition[string] {
  const asTheyAre = (bytes: Buffer): Buffer => bytes;
  return { ...definition, requestDeserialize: asTheyAre, responseSerialize: asTheyAre };
}

/** All streams of calls of a server. */
export class CallStreams {
  readonly #parts: CallStreamParts;
  readonly #refusals: Refusals;
  readonly #welcome: Buffer;
  readonly #streams = new Set<CallStream>();
  #goingAway: Fault | undefined;

  constructor(parts: CallStreamParts) {
    this.#parts = parts;
    this.#refusals = new Refusals(parts.limits);
    this.#welcome = welcomeFrame(parts);
  }

  /** As grpc-js calls it. */
  readonly handler = (wire: CallWire): void => {
    const { admission } = this.#parts;
    const peer = peerOf(wire);
    const user = userOf(admission, peer, wire.metadata);
    const origin = { peer, user, presented: presentedIn(wire) };
    const over = (): boolean => this.#streams.delete(stream);
    const stream = new CallStream(this.#parts, this.#refusals, wire, origin, over);
    this.#streams.add(stream);
    wire.sendMetadata(new Metadata());
    stream.open(this.#welcome);
    if (this.#goingAway !== undefined) stream.goAway(this.#goingAway);
  };

  /** From now on: no further calls over any stream. */
  goAway(cause: Fault): void {
    this.#goingAway = cause;
    for (const stream of this.#streams) stream.goAway(cause);
  }

  /** No further calls over those of one connection, by the address and port of its other end. */
  goAwayFrom(peer: string, cause: Fault): void {
    for (const stream of this.#streams) if (stream.peer === peer) stream.goAway(cause);
  }
}

function welcomeFrame({ descriptors, limits, methods }: CallStreamParts): Buffer {
  const welcome = descriptors.codec('sharedlock.v1.Welcome').serialize({
    methods: methods.map(({ descriptor }) => descriptor.path.slice(1)),
    maxCalls: limits.calls,
    maxRequestBytes: limits.requestBytes,
    maxFrameBytes: limits.frameBytes,
    maxFrameEntries: limits.frameEntries,
    maxMetadataBytes: limits.metadataBytes,
  });
  return writeResponseFrame({ welcome, answers: [], goAway: false });
}
