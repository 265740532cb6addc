import type { Client } from '../../../../src/index.js';
import type { Thing } from '../events.js';
import type { Recorder } from '../history.js';
import { Holdings } from './holdings.js';
import type { Operations } from './operations.js';
import { COUNTERS, DOCUMENTS, ELECTIONS, LOCKS, NAMESPACE } from './work.js';

/** All faults are over; a lease that nobody renews any more may have to expire first. */
const WAIT_MS = 15_000;
const BOUND_MS = 2 * WAIT_MS;

/** Writes to each thing once more. @returns by thing a revision of which every watch must tell. */
export async function lastWrites(
  client: Client,
  operations: Operations,
  recorder: Recorder,
): Promise<Record<Thing, number>> {
  const holdings = new Holdings(recorder);
  const revisions: Record<Thing, number> = {};
  for (const name of LOCKS) {
    const thing = `lock:${name}`;
    await operations.run({ call: 'acquire', thing, boundMs: BOUND_MS }, async (op) => {
      const lock = await client.acquire(name, { waitMs: WAIT_MS, owner: op });
      const holding = holdings.begin(op, thing, lock.fencingToken, lock);
      revisions[thing] = lock.fencingToken;
      holding.yields();
      return lock.release();
    });
  }
  for (const name of ELECTIONS) {
    const thing = `election:${name}`;
    await operations.run({ call: 'campaign', thing, boundMs: BOUND_MS }, async (op) => {
      const leadership = await client.election(name).campaign({ waitMs: WAIT_MS, candidate: op });
      const holding = holdings.begin(op, thing, leadership.term, leadership);
      revisions[thing] = leadership.term;
      holding.yields();
      return leadership.resign();
    });
  }
  for (const name of COUNTERS) await count(client, operations, name);
  for await (const { name, revision } of client.counters()) revisions[`counter:${name}`] = revision;
  for (const name of DOCUMENTS) {
    const thing = `document:${name}`;
    const text = JSON.stringify({ by: recorder.who });
    await operations.run(
      { call: 'put', thing, boundMs: BOUND_MS, text },
      () => client.configs(NAMESPACE).put(name, text),
      ({ documentVersion, revision }) => {
        revisions[thing] = revision;
        return { number: documentVersion, revision };
      },
    );
  }
  return revisions;
}

async function count(client: Client, operations: Operations, name: string): Promise<void> {
  await operations.run(
    { call: 'add', thing: `counter:${name}`, boundMs: BOUND_MS },
    () => client.counter(name).add(1n),
    ({ value }) => ({ number: Number(value) }),
  );
}
