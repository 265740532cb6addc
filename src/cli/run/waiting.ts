import type { Client } from '../../client/client.js';
import { pause } from '../client/pause.js';
import { heldBy } from '../output/locks.js';

/** Who gets the lock sooner has nothing to be told. */
const FIRST_MS = 500;
/** What changes more often is told no more often. */
const EVERY_MS = 3000;

/**
 * Does work that may wait for a lock, and tells meanwhile who holds it: soon, and again when that is somebody else. If it can't
 * be found out, nothing is told: the work says what is wrong.
 */
export async function tellingWhoHolds<T>(
  client: Client,
  name: string,
  tell: (message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const telling = tellUntil(over.signal, client, name, tell);
  try {
    return await work();
  } finally {
    over.abort();
    await telling;
  }
}

async function tellUntil(
  signal: AbortSignal,
  client: Client,
  name: string,
  tell: (message: string) => void,
): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  let told: string | undefined;
  for (let pauseMs = FIRST_MS; !isOver(); pauseMs = EVERY_MS) {
    await pause(pauseMs, signal).catch(() => undefined); // it is over
    const lock = await client.locks.get(name, { signal }).catch(() => undefined); // see above
    // Of nobody who waits we are not one: it was granted just now.
    if (lock === undefined || isOver() || lock.waiterCount === 0) continue;
    const text = heldBy(lock.holders, lock.holderCount);
    if (text !== told) tell(`waiting for lock ${JSON.stringify(name)}: ${text}`);
    told = text;
  }
}
