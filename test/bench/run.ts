import { cpuNow, cpuSince, type Cpu } from './cpu.js';
import { measure, median, type Measured } from './measure.js';
import type { Aim, Made, Side, Workload } from './workload.js';
import type { World } from './world.js';

const WARM_UP_IN_FLIGHT = 64;
const WARM_UP_SHARE = 0.5;

export interface Plan {
  readonly workloads: readonly Workload[];
  readonly inFlight: readonly number[];
  readonly rounds: number;
  readonly forMs: number;
}

/** A measurement, and what it took of each process. */
export interface Costed extends Measured {
  readonly cpu: Cpu;
}

/** One workload with so many in flight, against one peer. */
export interface Row {
  readonly workload: string;
  readonly inFlight: number;
  readonly ours: Costed;
  readonly peer: string;
  readonly theirs: Costed;
  /** Median of the rounds' ratios of operations per second. */
  readonly ratio: number;
  /** Of our side beside the first peer. */
  readonly aims: readonly Aim[];
}

/**
 * Runs the sides in turn, round after round, so that whatever else the machine does meets all of them alike.
 */
export async function runPlan(
  world: World,
  plan: Plan,
  progress: (line: string) => void,
): Promise<Row[]> {
  const steps = plan.workloads.flatMap((workload) => inFlightOf(workload, plan));
  const total = steps.length * plan.rounds;
  let done = 0;
  const samples = new Map<string, Costed[]>();
  await warmUp(world, plan, progress);
  for (let round = 0; round < plan.rounds; round++) {
    for (const workload of plan.workloads) {
      for (const inFlight of inFlightOf(workload, plan)) {
        progress(`${++done}/${total} ${workload.name}, ${inFlight} in flight`);
        for (const side of sidesOf(workload)) {
          const measured = await measureSide(side, world, inFlight, plan.forMs);
          const key = keyOf(workload, inFlight, side.name);
          samples.set(key, [...(samples.get(key) ?? []), measured]);
        }
      }
    }
  }
  return plan.workloads.flatMap((workload) =>
    inFlightOf(workload, plan).flatMap((inFlight) => rowsOf(workload, inFlight, samples)),
  );
}

/** Each side once with many in flight, not counted: what runs for the first time is several times slower in Node. */
async function warmUp(
  world: World,
  { workloads, forMs }: Plan,
  progress: (line: string) => void,
): Promise<void> {
  progress('warming up');
  for (const workload of workloads) {
    const inFlight = Math.min(WARM_UP_IN_FLIGHT, ...(workload.inFlight ?? []));
    for (const side of sidesOf(workload)) {
      await measureSide(side, world, inFlight, forMs * WARM_UP_SHARE);
    }
  }
}

async function measureSide(
  side: Side,
  world: World,
  inFlight: number,
  forMs: number,
): Promise<Costed> {
  const made = await side.make(world);
  try {
    const before = cpuNow(world);
    const measured = await measureMade(made, inFlight, forMs);
    const cpu = cpuSince(world, before, measured.operations);
    return { ...measured, cpu: { ...cpu, client: measured.clientCpu ?? cpu.client } };
  } finally {
    if (typeof made !== 'function') made.close();
  }
}

function measureMade(made: Made, inFlight: number, forMs: number): Promise<Measured> {
  if (typeof made === 'function') return measure(made, inFlight, forMs);
  if ('measure' in made) return made.measure(inFlight, forMs);
  return measure(made.operation, inFlight, forMs);
}

function inFlightOf(workload: Workload, plan: Plan): readonly number[] {
  return workload.inFlight ?? plan.inFlight;
}

const OURS = 'ours';

function sidesOf(workload: Workload): Workload['peers'] {
  return [{ name: OURS, make: workload.ours }, ...workload.peers];
}

function keyOf(workload: Workload, inFlight: number, side: string): string {
  return JSON.stringify([workload.name, inFlight, side]);
}

function rowsOf(
  workload: Workload,
  inFlight: number,
  samples: ReadonlyMap<string, readonly Costed[]>,
): Row[] {
  const of = (side: string): readonly Costed[] =>
    samples.get(keyOf(workload, inFlight, side)) ?? [];
  const ours = of(OURS);
  return workload.peers.map(({ name }, index) => {
    const theirs = of(name);
    const ratios = ours.map(
      (sample, round) => sample.operationsPerSecond / (theirs[round]?.operationsPerSecond ?? NaN),
    );
    const aims = workload.aims?.filter((aim) => aim.inFlight === inFlight) ?? [];
    return {
      workload: workload.name,
      inFlight,
      ours: typical(ours),
      peer: name,
      theirs: typical(theirs),
      ratio: median(ratios),
      aims: index === 0 ? aims : [],
    };
  });
}

function typical(samples: readonly Costed[]): Costed {
  const of = (what: (sample: Costed) => number): number => median(samples.map(what));
  return {
    operations: of(({ operations }) => operations),
    operationsPerSecond: of(({ operationsPerSecond }) => operationsPerSecond),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    cpu: {
      client: of(({ cpu }) => cpu.client),
      daemon: of(({ cpu }) => cpu.daemon),
      etcd: of(({ cpu }) => cpu.etcd),
    },
  };
}
