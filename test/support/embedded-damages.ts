import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '../../src/clock/system-clock.js';
import { isFault } from '../../src/core/errors.js';
import { parseLeaseId, type LeaseId } from '../../src/core/lease-id.js';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import type { Entry, Operation, Store } from '../../src/store/store.js';
import { damage } from './damage.js';

/**
 * A process of its own, since what it tries may end it: damages copies of a data folder, one for each seed, opens them and,
 * where that works, reads, rewrites and deletes everything. Prints a line before each seed, and one with what came of it.
 */
const [folder = '', first = '0', count = '1'] = process.argv.slice(2);
const clock = new SystemClock();
const ALL = { from: ' ', to: '\u{10ffff}' };
const ROWS = 240;
const ROUNDS = 12;

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function run(store: Store, ...operations: Operation[]): Promise<void> {
  await store.transact({ resource: 'r', compare: [], then: operations, else: [] });
}

function leaseOf(each: number): LeaseId {
  return parseLeaseId(String(7_000_000_000 + each));
}

/** Some values are so large that LMDB gives them pages of their own. */
function valueOf(row: number, round: number): string {
  return `${round} `.padEnd(row % 9 === 0 ? 5000 + row * 60 : 30 + ((row * 53) % 700), 'x');
}

async function entriesOf(store: Store): Promise<readonly Entry[]> {
  return (await store.read({ range: ALL })).entries;
}

/** A folder as a killed process leaves it, and what its pages held a while before. */
async function prepare(): Promise<{ entries: readonly Entry[]; older: Buffer }> {
  const made = join(folder, 'made');
  const store = await EmbeddedStore.open({ folder: made, clock });
  const write = async (round: number): Promise<void> => {
    for (let row = 0; row < ROWS; row += 5) {
      const rows = [0, 1, 2, 3, 4].map((each) => row + each);
      await run(
        store,
        ...rows.map((each): Operation => {
          const key = `/k/${each}`;
          if ((each + round) % 13 === 0) return { kind: 'delete', range: { from: key } };
          return { kind: 'put', key, value: valueOf(each, round) };
        }),
      );
    }
  };
  for (let each = 1; each <= 150; each++) await store.grant(leaseOf(each), 3600);
  for (let round = 0; round < 3; round++) await write(round);
  const older = await readFile(join(made, 'data.mdb'));
  await write(3);
  const entries = await entriesOf(store);
  await mkdir(join(folder, 'left'));
  for (const name of ['data.mdb', 'revision.high']) {
    await copyFile(join(made, name), join(folder, 'left', name));
  }
  await store.close();
  return { entries, older };
}

/** What came of it: `served`, or `refused` and why. Anything else is wrong. */
async function attempt(path: string, expected: readonly Entry[]): Promise<string> {
  let store: EmbeddedStore;
  try {
    store = await EmbeddedStore.open({ folder: path, clock });
  } catch (error) {
    if (!isFault(error)) return `failed with ${String(error)}`;
    const { code, message, details } = error;
    const isClear = code === 'DATA_LOSS' || details.reason === 'OLDER_COPY';
    return isClear && message.includes(path) ? `refused: ${message}` : `failed with ${message}`;
  }
  try {
    const found = await entriesOf(store);
    if (JSON.stringify(found) !== JSON.stringify(expected)) return 'served other data';
    // So that LMDB meets every page, and uses those that are free.
    for (let round = 0; round < ROUNDS; round++) {
      const some = found.filter((_, index) => index % ROUNDS === round);
      await Promise.all(
        some.flatMap(({ key }) => [
          run(store, { kind: 'put', key, value: valueOf(round, 9) }),
          run(store, { kind: 'put', key: `/new${key}`, value: valueOf(round, 5) }),
        ]),
      );
    }
    await store.revoke(leaseOf(1));
    await run(store, { kind: 'delete', range: ALL });
    return store.health.ready ? 'served' : `served, until ${store.health.detail}`;
  } catch (error) {
    return `served, then failed with ${String(error)}`;
  } finally {
    await store.close();
  }
}

const { entries, older } = await prepare();
const good = await readFile(join(folder, 'left', 'data.mdb'));
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  const path = join(folder, `seed-${seed}`);
  await mkdir(path);
  await copyFile(join(folder, 'left', 'revision.high'), join(path, 'revision.high'));
  const damaged = damage(good, older, seed);
  await writeFile(join(path, 'data.mdb'), damaged.file);
  say(`begin ${seed} ${damaged.how}`);
  say(`end ${seed} ${await attempt(path, entries)}`);
  await rm(path, { recursive: true });
}
