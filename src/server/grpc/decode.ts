import { Fault, invalid } from '../../core/errors.js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import type { Message } from '../handlers/call.js';

/**
 * What became of a request's bytes. grpc-js answers INTERNAL if decoding throws, so that what is wrong
 * with them travels to the handler instead.
 */
export type Decoded =
  { readonly ok: true; readonly message: Message } | { readonly ok: false; readonly fault: Fault };

export function decodeRequest(method: MethodDescriptor, bytes: Buffer): Decoded {
  try {
    const message = method.definition.requestDeserialize(bytes);
    if (!hasInvalidText(message, bytes)) return { ok: true, message };
    return { ok: false, fault: invalid('request', 'a text in it is not UTF-8') };
  } catch {
    // protobufjs throws many kinds of errors for bytes that are no message; none says more than this.
    return { ok: false, fault: new Fault('INVALID_ARGUMENT', `not a ${method.request.fullName}`) };
  }
}

/**
 * protobufjs reads bytes that are not UTF-8 as U+FFFD, silently: then the message has more of them than
 * the bytes spell out.
 */
function hasInvalidText(message: Message, bytes: Buffer): boolean {
  const found = countReplacements(message);
  return found > 0 && found > countSpelledOut(bytes);
}

function countReplacements(value: unknown): number {
  if (typeof value === 'string') return value.split('\ufffd').length - 1;
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  for (const [key, member] of Object.entries(value)) {
    count += countReplacements(key) + countReplacements(member);
  }
  return count;
}

function countSpelledOut(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf('\ufffd'); at >= 0; at = bytes.indexOf('\ufffd', at + 3)) count++;
  return count;
}
