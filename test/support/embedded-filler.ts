import { writeSync } from 'node:fs';
import { SystemClock } from '../../src/clock/system-clock.js';
import { isFault } from '../../src/core/errors.js';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { exactly, type Operation, type Outcome } from '../../src/store/store.js';

/**
 * A process of its own, to be run with a limit on the size of its files (RLIMIT_FSIZE): fills an embedded store
 * until it has no space, makes room, and goes on. Prints what it saw as JSON.
 */
const [folder = ''] = process.argv.slice(2);
const store = await EmbeddedStore.open({ folder, clock: new SystemClock() });
const VALUE = 'x'.repeat(500);

function run(operation: Operation): Promise<Outcome> {
  return store.transact({ resource: 'r', compare: [], then: [operation], else: [] });
}

async function put(key: string): Promise<'done' | 'full' | 'other'> {
  try {
    await run({ kind: 'put', key, value: VALUE });
    return 'done';
  } catch (error) {
    return isFault(error, 'RESOURCE_EXHAUSTED') ? 'full' : 'other';
  }
}

async function untilReady(ready: boolean): Promise<void> {
  while (store.health.ready !== ready) await new Promise((resolve) => setTimeout(resolve, 20));
}

const all = { from: '/fill/', to: '/fill0' };
const results = new Map<string, string>();
let batch = 0;
while (store.health.ready) {
  const keys = Array.from({ length: 50 }, (_, i) => `/fill/${batch}/${i}`);
  const answers = await Promise.all(keys.map(put));
  keys.forEach((key, i) => results.set(key, answers[i] ?? 'other'));
  batch++;
}
const acknowledged = [...results].filter(([, answer]) => answer === 'done').map(([key]) => key);
const { entries } = await store.read({ range: all });
const seen = new Set(entries.map((entry) => entry.key));
const whileFull = { health: store.health, put: await put('/fill/refused') };

const deleted: number[] = [];
for (let i = 0; i < batch - 1; i++) {
  const outcome = await run({ kind: 'delete', range: { from: `/fill/${i}/`, to: `/fill/${i}0` } });
  const [result] = outcome.results;
  if (result?.kind === 'delete') deleted.push(result.deleted);
}
await untilReady(true);
const again = await put('/fill/again');
const left = await store.read({ range: all });
const found = (await store.read({ range: exactly('/fill/again') })).count;
await store.close();
writeSync(
  1,
  JSON.stringify({
    acknowledged: acknowledged.length,
    others: [...results.values()].filter((answer) => answer === 'other').length,
    refused: [...results.values()].filter((answer) => answer === 'full').length,
    missing: acknowledged.filter((key) => !seen.has(key)).length,
    unacknowledgedButThere: seen.size - acknowledged.length,
    whileFull,
    deleted: deleted.reduce((sum, count) => sum + count, 0),
    again,
    found,
    left: left.count,
    revision: left.revision,
  }),
);
