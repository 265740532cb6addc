import { writeSync } from 'node:fs';
import { SystemClock } from '../../src/clock/system-clock.js';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.js';

/**
 * A process of its own that writes to an embedded store as fast as it can, and prints a line for each write that
 * was acknowledged: its key and its revision. It ends when it is killed.
 */
const [folder = '', round = ''] = process.argv.slice(2);
const store = await EmbeddedStore.open({ folder, clock: new SystemClock() });

async function worker(name: string): Promise<never> {
  for (let i = 0; ; i++) {
    const key = `/crash/${round}/${name}/${i}`;
    const { revision } = await store.transact({
      resource: key,
      compare: [],
      then: [{ kind: 'put', key, value: 'x'.repeat((i % 20) * 50) }],
      else: [],
    });
    // To the pipe at once: what is buffered in the process dies with it.
    writeSync(1, `${key} ${revision}\n`);
  }
}

await Promise.all(['a', 'b', 'c', 'd', 'e'].map(worker));
