/*
 * `npm run bench`: this project and its peers side by side. `--quick` in under a minute, `--only TEXT` the workloads whose
 * name has it, `-o json` for programs, `--readme` writes the tables into README.md.
 */
import { parseArgs } from 'node:util';
import { measureHolding, measureStarting } from './costs.js';
import { measureHandoffs } from './handoff.js';
import { measureLatency } from './latency.js';
import { report, type Results } from './report.js';
import { runPlan, type Plan } from './run.js';
import { writeReadme } from './readme.js';
import type { Workload } from './workload.js';
import { startWorld, type World } from './world.js';
import { configWorkloads } from './workloads/configs.js';
import { emptyWorkloads } from './workloads/empty.js';
import { counterWorkloads } from './workloads/counters.js';
import { goWorkloads } from './workloads/go.js';
import { leaseWorkloads } from './workloads/leases.js';
import { lockWorkloads } from './workloads/locks.js';
import { watchWorkloads } from './workloads/watches.js';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    output: { type: 'string', short: 'o', default: 'table' },
    readme: { type: 'boolean', default: false },
  },
});

const WORKLOADS: readonly Workload[] = [
  ...lockWorkloads,
  ...leaseWorkloads,
  ...counterWorkloads,
  ...configWorkloads,
  ...watchWorkloads,
  ...goWorkloads(),
  ...emptyWorkloads,
];

const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const world = await startWorld();
// Who stops it half way has no results, and no servers left behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void world.dispose().then(() => process.exit(1)));
}
try {
  const results = await (values.quick ? quick(world) : full(world));
  process.stdout.write(
    values.output === 'json' ? `${JSON.stringify(results, null, 2)}\n` : report(results),
  );
  if (values.readme) await writeReadme(results);
} finally {
  await world.dispose();
}
// The channels of grpc-js would keep it alive.
process.exit(0);

async function quick(on: World): Promise<Results> {
  const plan = planOf((workload) => workload.quick === true, [1, 64], 1, 600);
  const rows = await runPlan(on, plan, progress);
  return { quick: true, rows, handoffs: [], holding: [] };
}

async function full(on: World): Promise<Results> {
  const rows = await runPlan(
    on,
    planOf(() => true, [1, 16, 64, 256], 3, 800),
    progress,
  );
  if (values.only !== '') return { quick: false, rows, handoffs: [], holding: [] };
  const handoffs = await measureHandoffs(on, 3, progress);
  progress('one caller alone');
  const latency = await measureLatency(on, 3);
  progress('starting');
  const starting = await measureStarting(5);
  progress('holding leases');
  const holding = await measureHolding(on, [1000, 10_000, 100_000]);
  return { quick: false, rows, handoffs, latency, starting, holding };
}

function planOf(
  chosen: (workload: Workload) => boolean,
  inFlight: readonly number[],
  rounds: number,
  forMs: number,
): Plan {
  const workloads = WORKLOADS.filter(
    (workload) => chosen(workload) && workload.name.includes(values.only),
  );
  return { workloads, inFlight, rounds, forMs };
}
