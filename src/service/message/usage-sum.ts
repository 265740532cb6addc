import type { Limits } from '../../core/limits.js';
import type { Usage } from '../count-texts.js';

/** Never below nothing: a record may have been wrong. */
export function addUsage(a: Usage, b: Usage): Usage {
  return { count: Math.max(0, a.count + b.count), bytes: Math.max(0, a.bytes + b.bytes) };
}

/** Whether it is within a part of both limits. */
export function isWithin(
  { count, bytes }: Usage,
  { messages, messagesBytes }: Pick<Limits, 'messages' | 'messagesBytes'>,
  part = 1,
): boolean {
  return count <= messages * part && bytes <= messagesBytes * part;
}
