/**
 * An app of which only one instance works, with the client library.
 *
 * Three things make it safe, and each is a line below: `withLock` waits for our turn; `signal` tells that the lock is
 * lost, before anybody else can have it; `fence` lets the counter refuse what we write too late all the same.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, LockLostError, SharedLockError } from '@shared-lock/shared-lock';
import type { LockContext } from '@shared-lock/shared-lock';

const NAME = 'singleton-worker';
const INTERVAL_MS = 1000;
const { SHARED_LOCK_ADDRESS = 'localhost:50051', TTL_SECONDS = '10' } = process.env;
// For a daemon that is elsewhere, and wants to know who calls.
const { SHARED_LOCK_CACERT, SHARED_LOCK_TOKEN_FILE } = process.env;

// A stop is an ordinary end: we give the lock back, and the next in the queue has it at once.
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
process.once('SIGINT', () => stop.abort());

await using client = connect({
  address: SHARED_LOCK_ADDRESS,
  ...(SHARED_LOCK_CACERT && { tls: { ca: readFileSync(SHARED_LOCK_CACERT) } }),
  // Read again when the token is old or refused: it may be replaced while we hold the lock.
  ...(SHARED_LOCK_TOKEN_FILE && { tokenFile: SHARED_LOCK_TOKEN_FILE }),
  // For people who ask who holds the lock.
  owner: `${hostname()}:${process.pid}`,
  onWarning: ({ message }) => say(message),
});
const counter = client.counter(NAME);

while (!stop.signal.aborted) {
  say('waits for its turn');
  try {
    // The TTL is how long the others wait if we vanish without a word. Until then the client renews for us.
    const ttlMs = 1000 * Number(TTL_SECONDS);
    await client.withLock(NAME, { ttlMs, signal: stop.signal }, work);
  } catch (error) {
    // We were told to stop while we waited.
    if (error === stop.signal.reason) break;
    if (!(error instanceof LockLostError || error instanceof SharedLockError)) throw error;
    say(error.message);
    if (error instanceof LockLostError) await writeTooLate(error.fencingToken);
    // No daemon may be there for a while: that is no reason to die.
    await pause(stop.signal);
  }
}

/** The work of the one instance. It ends with a stop, or throws why it may not go on. */
async function work({ signal, fencingToken }: LockContext): Promise<void> {
  while (!stop.signal.aborted) {
    // Throws if the lock is lost. It looks at the clock, so it knows also when this process was paused just now. It aborts with
    // `stop` too, which `withLock` was given.
    signal.throwIfAborted();
    // We may still be paused right here, for longer than the TTL. Then only the fence keeps us from writing.
    const fence = { name: NAME, fencingToken };
    const { value } = await counter.add(1n, { fence, signal });
    say(`works: token ${fencingToken}, count ${value}`);
    await pause(signal);
  }
}

/** Only to show that the fence holds: what would happen had we not noticed. A real app just stops. */
async function writeTooLate(fencingToken: number): Promise<void> {
  const outcome = await counter.add(1n, { fence: { name: NAME, fencingToken } }).then(
    () => 'accepted, nobody else has had the lock yet',
    (error: unknown) =>
      `refused, ${error instanceof SharedLockError ? error.reason : String(error)}`,
  );
  say(`too late: token ${fencingToken}, ${outcome}`);
}

/** Until the next piece of work, or the signal. */
async function pause(signal: AbortSignal): Promise<void> {
  await sleep(INTERVAL_MS, undefined, { signal }).catch(() => {
    // Cut short: who asks the signal next finds out why.
  });
}

function say(what: string): void {
  console.log(`${process.pid} ${what}`);
}
