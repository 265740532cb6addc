/**
 * A program that works under a lock, as people write it: `client-worker.ts ADDRESS NAME TTL_MS`. It prints a line for
 * each piece of work, and one when it finds that the lock is lost.
 */
import { connect } from '../../src/index.js';

const [address = '', name = '', ttlMs = ''] = process.argv.slice(2);
const client = connect({ address });
await client
  .withLock(name, { ttlMs: Number(ttlMs) }, async ({ signal, fencingToken }) => {
    for (;;) {
      signal.throwIfAborted();
      console.log(`work ${fencingToken}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })
  .catch((error: unknown) => {
    console.log(`lost ${String(error)}`);
  });
await client.close();
