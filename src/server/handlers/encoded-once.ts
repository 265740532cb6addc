import type { Message } from './call.js';

/** So many bytes of encoded answers are kept for a method, on each wire. Those that were made first make room. */
const MAX_BYTES = 16 * 1024 * 1024;

/** What an answer takes beside its bytes: estimated, rather too much. */
const OVERHEAD_BYTES = 500;

/** Answers that are given again and again, as the very same object: never changed once they are made. */
const repeated = new WeakSet<Message>();

/** Says of an answer that it will be given again, as this object. */
export function givenAgain<M extends Message>(answer: M): M {
  repeated.add(answer);
  return answer;
}

/**
 * The same function, which encodes each answer once that is given again. Of all others nothing is kept.
 * @param maxBytes default: 16 MiB.
 */
export function encodedOnce<Form extends string | Buffer>(
  encode: (answer: Message) => Form,
  maxBytes = MAX_BYTES,
): (answer: Message) => Form {
  const kept = new Map<Message, Form>();
  let bytes = 0;
  return (answer) => {
    if (!repeated.has(answer)) return encode(answer);
    const before = kept.get(answer);
    if (before !== undefined) return before;
    const form = encode(answer);
    if (bytesOf(form) > maxBytes) return form;
    kept.set(answer, form);
    bytes += bytesOf(form);
    for (const [oldest, its] of kept) {
      if (bytes <= maxBytes) break;
      kept.delete(oldest);
      bytes -= bytesOf(its);
    }
    return form;
  };
}

function bytesOf({ length }: string | Buffer): number {
  return length + OVERHEAD_BYTES;
}
