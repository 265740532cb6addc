import { writeSync } from 'node:fs';
import { SystemClock } from '../../src/clock/system-clock.js';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.js';

/**
 * A process of its own that waits for a line on its input, then tries to open an embedded store. Prints `ready`,
 * then `won`, or `lost` and the reason. A winner keeps the store until it is killed.
 */
const [folder = ''] = process.argv.slice(2);
writeSync(1, 'ready\n');
process.stdin.once('data', () => {
  EmbeddedStore.open({ folder, clock: new SystemClock() }).then(
    () => writeSync(1, 'won\n'),
    (error: unknown) => {
      writeSync(1, `lost ${error instanceof Error ? error.message : String(error)}\n`);
    },
  );
});
