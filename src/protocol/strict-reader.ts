import { isUtf8 } from 'node:buffer';
import protobuf from 'protobufjs';
import { Fault } from '../core/errors.js';

/**
 * Each field has one for its tag, most have another for a length, and an entry of a map has four more. The largest requests have a
 * few hundred; 4 MiB of entries would keep the event loop for more than a second.
 */
const MAX_NUMBERS = 100_000;

/**
 * Reads a message's bytes as proto3 wants it: protobufjs's own reader turns text that is not UTF-8 into
 * U+FFFD, and cuts one that is longer than the message, both silently.
 */
export class StrictReader extends protobuf.BufferReader {
  #numbers = 0;

  /** @throws Fault INVALID_ARGUMENT for a message of more fields than any request has. */
  override uint32(): number {
    if (++this.#numbers > MAX_NUMBERS) {
      throw new Fault('INVALID_ARGUMENT', 'the message has more fields than any request needs');
    }
    return super.uint32();
  }

  /** @throws RangeError if it is longer than the message; TypeError if it is not UTF-8. */
  override string(): string {
    // Of a Buffer it gives a Buffer.
    const bytes = this.bytes() as Buffer;
    if (!isUtf8(bytes)) throw new TypeError('a text in it is not UTF-8');
    return bytes.toString();
  }
}
