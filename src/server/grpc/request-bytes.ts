import type { ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import { SMALL_BYTES } from '../admission/admission.js';
import type { Admission } from '../admission/admission.js';

/** Before each message of gRPC: whether it is compressed, and its length in four bytes. */
const HEADER_BYTES = 5;

/**
 * Counts what has come of a stream's latest message, whole or not, until another one begins or the stream ends: so long it is in memory.
 * Where there is no room for more, the stream is reset, which callers know as RESOURCE_EXHAUSTED.
 */
export function countRequests(
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
    const { latest } = frames;
    if (stream.closed || (latest <= SMALL_BYTES && counted === 0)) return;
    // What came before has room already.
    if (latest <= counted || admission.hasRoomFor('grpc', user, latest)) count(latest);
    else stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
  stream.once('close', () => count(0));
}

/** How much there is of the latest message of a stream. */
export class Frames {
  #headerBytes = 0;
  #length = 0;
  #missing = 0;
  #latest = 0;

  get latest(): number {
    return this.#latest;
  }

  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, chunk.length - at);
        this.#missing -= taken;
        this.#latest += taken;
        at += taken;
      } else {
        this.#readHeader(chunk[at] ?? 0);
        at++;
      }
    }
  }

  #readHeader(byte: number): void {
    // The first one says whether it is compressed.
    this.#length = this.#headerBytes === 0 ? 0 : this.#length * 256 + byte;
    this.#latest = 0;
    this.#headerBytes++;
    if (this.#headerBytes < HEADER_BYTES) return;
    this.#headerBytes = 0;
    this.#missing = this.#length;
  }
}
