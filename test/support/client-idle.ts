/**
 * A program that has forgotten to close its client: `client-idle.ts ADDRESS`. It prints a line when its lock, which was
 * renewed meanwhile, is released.
 */
import { connect } from '../../src/index.js';

const [address = ''] = process.argv.slice(2);
const client = connect({ address });
const lock = await client.acquire('idle', { ttlMs: 1000 });
await new Promise((resolve) => setTimeout(resolve, 600));
await lock.release();
console.log('released');
