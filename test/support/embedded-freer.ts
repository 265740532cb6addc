import { writeSync } from 'node:fs';
import { SystemClock } from '../../src/clock/system-clock.js';
import { isFault } from '../../src/core/errors.js';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { exactly, type Operation } from '../../src/store/store.js';

/**
 * A process of its own, to be run with a limit on the size of its files. `fill` puts small entries until there is no
 * space, and stays until it is killed; `free` then deletes them in commits of which each changes every page.
 */
const [folder = '', task = ''] = process.argv.slice(2);
const store = await EmbeddedStore.open({ folder, clock: new SystemClock() });
const ROUNDS = 25;
const TOGETHER = 30;

async function run(then: readonly Operation[]): Promise<'done' | 'full'> {
  try {
    await store.transact({ resource: 'r', compare: [], then, else: [] });
    return 'done';
  } catch (error) {
    if (isFault(error, 'RESOURCE_EXHAUSTED')) return 'full';
    throw error;
  }
}

async function fill(): Promise<void> {
  for (let row = 0; store.health.ready; row += TOGETHER * 20) {
    await Promise.all(
      Array.from({ length: 20 }, (_, each) =>
        run(
          Array.from({ length: TOGETHER }, (_, at) => ({
            kind: 'put',
            key: `/row/${row + each * TOGETHER + at}`,
            value: 'x'.repeat(60),
          })),
        ),
      ),
    );
  }
  writeSync(1, 'full\n');
  setInterval(() => undefined, 1000);
}

async function free(): Promise<void> {
  const { entries } = await store.read({ range: { from: '/row/', to: '/row0' } });
  const keys = entries
    .map(({ key }) => key)
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)));
  const refused: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const some = keys.filter((_, at) => at % ROUNDS === round);
    const answers = await Promise.all(
      Array.from({ length: Math.ceil(some.length / TOGETHER) }, (_, at) =>
        run(
          some
            .slice(at * TOGETHER, (at + 1) * TOGETHER)
            .map((key): Operation => ({ kind: 'delete', range: exactly(key) })),
        ),
      ),
    );
    if (answers.includes('full')) refused.push(round);
  }
  const { count } = await store.read({ range: { from: '/row/', to: '/row0' } });
  await store.close();
  writeSync(1, `${JSON.stringify({ entries: keys.length, refused, left: count })}\n`);
}

await (task === 'fill' ? fill() : free());
