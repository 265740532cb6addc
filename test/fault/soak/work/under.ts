import type { FencedBy } from '../../../../src/index.js';
import type { Thing } from '../events.js';
import type { Holding } from './holdings.js';
import { DEADLINE_MS, pause, type Work } from './work.js';

const STEP_MS = 40;
/** So long some go on after they were told to stop. */
const SLOW_END_MS = 600;

/** What is held, for the writes under it. */
export interface Held {
  readonly thing: Thing;
  readonly token: number;
  readonly fence: FencedBy;
}

/**
 * Works under a lock or a term for a while: looks whether it still holds, and adds to the fenced counter. Ends soon after
 * it finds that it holds no more; some then try a last write, which must not succeed once somebody else holds the lock.
 */
export async function workUnder(work: Work, held: Held, holding: Holding): Promise<void> {
  const { random } = work;
  const steps = random.chance(0.12) ? random.between(20, 90) : random.between(1, 10);
  for (let step = 0; step < steps; step++) {
    if (!holding.sample()) {
      await pause(random.between(0, SLOW_END_MS));
      if (random.chance(0.7)) await addFenced(work, held);
      return;
    }
    if (random.chance(0.15)) await addFenced(work, held);
    await pause(STEP_MS);
  }
}

async function addFenced(work: Work, { thing, token, fence }: Held): Promise<void> {
  const counter = work.client().counter('fenced');
  await work.operations.run(
    { call: 'add', thing: 'counter:fenced', boundMs: DEADLINE_MS, fence: { thing, token } },
    () => counter.add(1n, { fence }),
    ({ value }) => ({ number: Number(value) }),
  );
}
