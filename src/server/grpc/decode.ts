import { Fault, isFault } from '../../core/errors.js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import type { Message } from '../handlers/call.js';

/**
 * What became of a request's bytes. grpc-js answers INTERNAL if decoding throws, so that what is wrong
 * with them travels to the handler instead.
 */
export type Decoded =
  { readonly ok: true; readonly message: Message } | { readonly ok: false; readonly fault: Fault };

/** Bytes that are no message of a library's service. The gate refuses the call. */
export class Undecodable {
  readonly message: string;

  constructor(path: string) {
    this.message = `not a request of ${path}`;
  }
}

/** @param deserialize of a library, whose handlers know nothing of `Decoded`. */
export function decodeForLibrary<T>(
  path: string,
  deserialize: (bytes: Buffer) => T,
): (bytes: Buffer) => T | Undecodable {
  return (bytes) => {
    try {
      return deserialize(bytes);
    } catch {
      // As below.
      return new Undecodable(path);
    }
  };
}

export function decodeRequest(method: MethodDescriptor, bytes: Buffer): Decoded {
  try {
    return { ok: true, message: method.decodeRequest(bytes) };
  } catch (error) {
    if (isFault(error)) return { ok: false, fault: error };
    // protobufjs throws many kinds of errors for bytes that are no message; none says more than this.
    const message = `not a ${method.request.fullName}, or a text in it is not UTF-8`;
    return { ok: false, fault: new Fault('INVALID_ARGUMENT', message) };
  }
}
