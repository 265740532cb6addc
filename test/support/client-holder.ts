/**
 * A program that takes each lock whose name it reads, and holds on to it: `client-holder.ts ADDRESS TTL_MS`. It prints
 * `held NAME TOKEN`; and when the lock's signal aborts `lost NAME NANOSECONDS WHY`, on the clock that all processes of the
 * machine share; then `released NAME false` if it had nothing to give back.
 */
import { createInterface } from 'node:readline';
import { connect, LockLostError } from '../../src/index.js';

const [address = '', ttlMs = ''] = process.argv.slice(2);
const client = connect({ address, deadlineMs: 3000 });
for await (const name of createInterface({ input: process.stdin })) {
  const lock = await client.acquire(name, { ttlMs: Number(ttlMs), waitMs: 20_000 });
  lock.signal.addEventListener('abort', () => {
    const atNs = process.hrtime.bigint();
    const { reason } = lock.signal as { reason: unknown }; // `any` by its type
    const why = reason instanceof LockLostError ? reason.why.kind : String(reason);
    console.log(`lost ${name} ${atNs} ${why}`);
    void lock.release().then((released) => {
      console.log(`released ${name} ${released}`);
    });
  });
  console.log(`held ${name} ${lock.fencingToken}`);
}
