import { isUtf8 } from 'node:buffer';
import { createRequire } from 'node:module';
import type { BufferReader as BufferReaderType } from 'protobufjs';

// The copy that proto-loader decodes with: a reader of another copy would not be one to it.
const require = createRequire(createRequire(import.meta.url).resolve('@grpc/proto-loader'));
const { BufferReader } = require('protobufjs') as { BufferReader: typeof BufferReaderType };

/**
 * Reads a message's bytes as proto3 wants it: protobufjs's own reader turns text that is not UTF-8 into
 * U+FFFD, and cuts one that is longer than the message, both silently.
 */
export class StrictReader extends BufferReader {
  /** @throws RangeError if it is longer than the message; TypeError if it is not UTF-8. */
  override string(): string {
    // Of a Buffer it gives a Buffer.
    const bytes = this.bytes() as Buffer;
    if (!isUtf8(bytes)) throw new TypeError('a text in it is not UTF-8');
    return bytes.toString();
  }
}
