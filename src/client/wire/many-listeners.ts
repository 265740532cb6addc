import { setMaxListeners } from 'node:events';

/**
 * A caller may share one signal among any number of calls, each of which listens until it ends: no leak, as Node.js would
 * warn.
 */
export function manyMayListen(signal: AbortSignal | undefined): void {
  if (signal !== undefined) setMaxListeners(0, signal);
}
