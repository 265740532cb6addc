import type { ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import { SMALL_BYTES } from '../admission/admission.js';
import type { Admission } from '../admission/admission.js';

/** Before each message of gRPC: whether it is compressed, and its length in four bytes. */
const HEADER_BYTES = 5;

/**
 * Counts what has come of a stream's message that has not come whole: grpc-js keeps it, up to the limit of one message for each stream. Where
 * there is no room for more, the stream is reset, which callers know as RESOURCE_EXHAUSTED.
 */
export function limitPartialMessages(
  stream: ServerHttp2Stream,
  admission: Admission,
  user: string | undefined,
): void {
  const frames = new Frames();
  let counted = 0;
  const count = (bytes: number): void => {
    admission.unbuffer(user, counted);
    admission.buffer(user, bytes);
    counted = bytes;
  };
  stream.on('data', (chunk: Buffer) => {
    frames.read(chunk);
    const { partial } = frames;
    if (stream.closed || (partial <= SMALL_BYTES && counted === 0)) return;
    if (admission.answerRefusal(user, partial) === undefined) count(partial);
    else stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
  stream.once('close', () => count(0));
}

/** How much there is of the last message of a stream. */
export class Frames {
  #headerBytes = 0;
  #length = 0;
  #missing = 0;

  /** Bytes of a message that has not come whole. */
  get partial(): number {
    return this.#headerBytes < HEADER_BYTES ? 0 : this.#length - this.#missing;
  }

  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerBytes < HEADER_BYTES) {
        this.#readHeader(chunk[at] ?? 0);
        at++;
      } else {
        const taken = Math.min(this.#missing, chunk.length - at);
        this.#missing -= taken;
        at += taken;
      }
      if (this.#headerBytes === HEADER_BYTES && this.#missing === 0) this.#headerBytes = 0;
    }
  }

  #readHeader(byte: number): void {
    // The first one says whether it is compressed.
    this.#length = this.#headerBytes === 0 ? 0 : this.#length * 256 + byte;
    this.#headerBytes++;
    if (this.#headerBytes === HEADER_BYTES) this.#missing = this.#length;
  }
}
