import { IDLE_AFTER_SECONDS } from './costs.js';
import type { Results } from './report.js';
import type { Row } from './run.js';
import type { Aim } from './workload.js';
import { emptyOver } from './workloads/empty.js';

/** What we set out for, and how far we got. */
export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  /** What it would be if our side did nothing but answer its calls; undefined: not known. */
  readonly most: number | undefined;
  readonly isReached: boolean;
}

const HANDOFF_RATIO = 1.5;
const LATENCY_RATIO = 1.3;
const IDLE_MB = 90;
const READY_MS = 700;
const COMMAND_MS = 250;

export function targetsOf({ rows, handoffs, latency, starting }: Results): Target[] {
  const compared = rows.flatMap((row) =>
    row.target === undefined ? [] : [atLeast(row, row.target, mostOf(row, row.target, rows))],
  );
  const at = (waiters: number): Results['handoffs'][number] | undefined =>
    handoffs.find((handoff) => handoff.side === 'ours' && handoff.waiters === waiters);
  const [few, many] = [at(2), at(128)];
  const handing =
    few === undefined || many === undefined
      ? []
      : [
          atMost('handoff with 128 waiters against 2: time', many.p50Ms / few.p50Ms, HANDOFF_RATIO),
          atMost(
            'handoff with 128 waiters against 2: requests to etcd',
            many.requests / few.requests,
            HANDOFF_RATIO,
          ),
        ];
  const single =
    latency === undefined
      ? []
      : [
          atMost(
            'acquire by one caller alone, against the direct recipe: time',
            latency.ratio,
            LATENCY_RATIO,
          ),
        ];
  const begun =
    starting === undefined
      ? []
      : [
          below(
            `memory idle, ${IDLE_AFTER_SECONDS} s after start, embedded`,
            starting.idleMb,
            IDLE_MB,
            'MB',
          ),
          below('start to ready, embedded', starting.readyMs, READY_MS, 'ms'),
          below('a client command (`counter get`)', starting.commandMs, COMMAND_MS, 'ms'),
        ];
  return [...compared, ...handing, ...single, ...begun];
}

function atLeast({ workload, inFlight, peer, ratio }: Row, aim: Aim, most?: number): Target {
  return {
    what: `${workload}, ${inFlight} in flight, against ${peer}`,
    wanted: `${aim.ratio} ×`,
    measured: times(ratio),
    most,
    isReached: ratio >= aim.ratio,
  };
}

/** By the calls that do nothing, with as many in flight. */
function mostOf(row: Row, { calls }: Aim, rows: readonly Row[]): number | undefined {
  if (calls === undefined) return undefined;
  const name = emptyOver(calls.wire);
  const empty = rows.find(
    ({ workload, inFlight }) => workload === name && inFlight === row.inFlight,
  );
  if (empty === undefined) return undefined;
  const { operationsPerSecond } = empty.ours;
  return operationsPerSecond / calls.perOperation / row.theirs.operationsPerSecond;
}

function atMost(what: string, ratio: number, wanted: number): Target {
  return {
    what,
    wanted: `at most ${wanted} ×`,
    measured: times(ratio),
    most: undefined,
    isReached: ratio <= wanted,
  };
}

function below(what: string, value: number, bound: number, unit: string): Target {
  return {
    what,
    wanted: `below ${bound} ${unit}`,
    measured: `${value.toFixed(0)} ${unit}`,
    most: undefined,
    isReached: value < bound,
  };
}

export function times(ratio: number): string {
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(2)} ×`;
}
