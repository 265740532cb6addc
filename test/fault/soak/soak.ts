import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type Client } from '../../../src/index.js';
import { Breaking } from './breaking.js';
import { check, type Findings } from './checker.js';
import { sharedNow, SOAK, type Thing } from './events.js';
import { Fleet } from './fleet.js';
import { readHistory, Recorder } from './history.js';
import { Leftovers } from './leftovers.js';
import { makePlan } from './plan.js';
import { SeededRandom } from './random.js';
import { lastWrites } from './work/last-writes.js';
import { Operations } from './work/operations.js';
import { SoakWorld, type Engine } from './world.js';

export interface SoakSettings {
  readonly engine: Engine;
  /** Of the faults and of what the clients do; the order in which things meet is the machine's. */
  readonly seed: number;
  readonly clients: number;
  readonly daemons: number;
  /** For how long there is work without faults first. */
  readonly calmMs: number;
  /** For how long there is work in all. */
  readonly workMs: number;
}

export interface SoakResult extends Findings {
  /** Where the histories of all processes are. */
  readonly folder: string;
}

const TICK_MS = 20;
const START_MS = 60_000;
/** What is under way when the work stops ends within that. */
const QUIET_MS = 40_000;
const SETTLE_MS = 10_000;
const FINISH_MS = 20_000;

/** Works, breaks, heals, and checks what was recorded. */
export async function soak(settings: SoakSettings): Promise<SoakResult> {
  const folder = await mkdtemp(join(tmpdir(), `sl-soak-${settings.engine}-${settings.seed}-`));
  const recorder = new Recorder(folder, SOAK);
  const ticking = recordStalls(recorder);
  const world = await SoakWorld.start(settings);
  try {
    await breakAndHeal(world, recorder, settings, folder);
  } finally {
    clearInterval(ticking);
    await world.dispose();
    recorder.close();
  }
  return { ...check(readHistory(folder)), folder };
}

async function breakAndHeal(
  world: SoakWorld,
  recorder: Recorder,
  { seed, calmMs, workMs }: SoakSettings,
  folder: string,
): Promise<void> {
  const leftovers = new Leftovers(world);
  await using client = connect({ addresses: world.daemons.map(({ grpcAddress }) => grpcAddress) });
  const fleet = new Fleet(world, recorder, folder, seed);
  const members = world.etcd?.endpoints.length ?? 0;
  const { length: clients } = world.clientLinks;
  const { length: daemons } = world.daemons;
  await fleet.working(START_MS);
  const plan = makePlan({ seed, calmMs, untilMs: workMs, daemons, members, clients });
  await Promise.all([new Breaking(world, fleet, recorder).run(plan), pause(workMs)]);
  await fleet.ask('quiet', 'quiet', QUIET_MS);
  await settle(fleet, recorder, client, seed);
  await fleet.finish(FINISH_MS);
  for (const left of await leftovers.find(client)) recorder.record(left);
}

/** Writes to each thing once more, directly, and has all watches told of it. */
async function settle(
  fleet: Fleet,
  recorder: Recorder,
  client: Client,
  seed: number,
): Promise<void> {
  const operations = new Operations(recorder, new SeededRandom(seed));
  const revisions: Record<Thing, number> = await lastWrites(client, operations, recorder);
  for (const [thing, revision] of Object.entries(revisions)) {
    recorder.record({ kind: 'settle', thing, revision, boundMs: SETTLE_MS });
  }
  await fleet.ask(
    `settle ${SETTLE_MS + 2000} ${JSON.stringify(revisions)}`,
    'settled',
    2 * SETTLE_MS,
  );
}

/** The event loop of this process shows what the machine can't do: time bounds are widened by it. */
function recordStalls(recorder: Recorder): NodeJS.Timeout {
  let lastAt = sharedNow();
  return setInterval(() => {
    const now = sharedNow();
    const lateMs = now - lastAt - TICK_MS;
    if (lateMs > TICK_MS) recorder.record({ kind: 'stall', ms: lateMs }, now);
    lastAt = now;
  }, TICK_MS);
}
