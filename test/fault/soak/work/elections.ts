import type { Leadership } from '../../../../src/index.js';
import type { Holding } from './holdings.js';
import { workUnder, type Held } from './under.js';
import { DEADLINE_MS, ELECTIONS, repeat, type Work } from './work.js';

const TTLS_MS = [2000, 4000] as const;
const LONGEST_WAIT_MS = 6000;
const NO_BOUND_MS = 3_600_000;

/** Stands for election, leads for a while, publishes values, and resigns. */
export async function standForElection(work: Work): Promise<void> {
  await repeat(work, async () => {
    if (work.random.chance(0.6)) await campaign(work);
    else await lead(work);
  });
}

async function campaign(work: Work): Promise<void> {
  const { random, operations } = work;
  const name = random.pick(ELECTIONS);
  const thing = `election:${name}`;
  const signal = operations.sometimesCancelled(0.3, 3000);
  const waitMs = random.between(0, LONGEST_WAIT_MS);
  let taken: Taken | undefined;
  await operations.run(
    { call: 'campaign', thing, boundMs: waitMs + DEADLINE_MS, signal },
    async (op) => {
      const election = work.client().election(name);
      const options = { candidate: op, waitMs, ttlMs: random.pick(TTLS_MS) };
      taken = take(work, op, await election.campaign(signal ? { ...options, signal } : options));
      return taken;
    },
  );
  if (taken === undefined) return;
  const { leadership, held, holding } = taken;
  const boundMs = DEADLINE_MS;
  if (random.chance(0.5)) {
    await operations.run({ call: 'proclaim', thing, boundMs }, (op) => leadership.proclaim(op));
  }
  await workUnder(work, held, holding);
  holding.yields();
  await operations.run({ call: 'release', thing, boundMs }, () => leadership.resign());
}

/** The signal of the options ends the waiting and the leading; without it, the work does. */
async function lead(work: Work): Promise<void> {
  const { random, operations } = work;
  const name = random.pick(ELECTIONS);
  const waitMs = random.between(0, LONGEST_WAIT_MS);
  await operations.run({ call: 'lead', thing: `election:${name}`, boundMs: NO_BOUND_MS }, (op) => {
    const options = { candidate: op, waitMs, ttlMs: random.pick(TTLS_MS) };
    return work
      .client()
      .election(name)
      .lead(options, async (leadership) => {
        const { held, holding } = take(work, op, leadership);
        await workUnder(work, held, holding);
        holding.workEnds();
        holding.yields();
        return true;
      });
  });
}

interface Taken {
  readonly leadership: Leadership;
  readonly held: Held;
  readonly holding: Holding;
}

function take(work: Work, op: string, leadership: Leadership): Taken {
  const { name, term } = leadership;
  const thing = `election:${name}`;
  const holding = work.holdings.begin(op, thing, term, leadership);
  return { leadership, holding, held: { thing, token: term, fence: { name, term } } };
}
