import type { ClientParts } from '../parts.js';
import { linked } from '../wire/linked.js';
import type { LinkedSignal } from '../wire/linked.js';

/** Aborts when the caller gives up, or the client closes. */
export function stopSignal(
  { stopping }: Pick<ClientParts, 'stopping'>,
  signal: AbortSignal | undefined,
): LinkedSignal {
  return linked(signal, stopping);
}
