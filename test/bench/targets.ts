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

const HANDOFF_WAITERS = [2, 128];
const HANDOFF_RATIO = 1.5;
const HANDOFF_REQUESTS = 2;
const LATENCY_RATIO = 1.3;
const IDLE_MB = 90;
const READY_MS = 700;
const COMMAND_MS = 250;

export function targetsOf({ rows, handoffs, latency, starting }: Results): Target[] {
  const compared = rows.flatMap((row) => row.aims.flatMap((aim) => ofRow(row, aim, rows)));
  const at = (waiters: number, side = 'ours'): Results['handoffs'][number] | undefined =>
    handoffs.find((handoff) => handoff.side === side && handoff.waiters === waiters);
  const handing = HANDOFF_WAITERS.flatMap((waiters) => {
    const [ours, theirs] = [at(waiters), at(waiters, "etcd's Lock service")];
    if (ours === undefined || theirs === undefined) return [];
    const what = `handoff with ${waiters} waiters`;
    return [
      atMost(
        `${what}, against etcd's Lock service: time`,
        ours.p50Ms / theirs.p50Ms,
        HANDOFF_RATIO,
      ),
      requestsOf(what, ours.requests),
    ];
  });
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

function ofRow(row: Row, aim: Aim, rows: readonly Row[]): Target[] {
  const what = `${row.workload}, ${row.inFlight} in flight`;
  return [
    ...(aim.ratio === undefined
      ? []
      : [atLeast(`${what}, against ${row.peer}`, row.ratio, aim.ratio, mostOf(row, aim, rows))]),
    ...(aim.daemonCpu === undefined
      ? []
      : [below(`${what}: CPU of the daemon`, row.ours.cpu.daemon, aim.daemonCpu, 'µs')]),
  ];
}

function atLeast(what: string, ratio: number, wanted: number, most?: number): Target {
  return {
    what,
    wanted: `${wanted} ×`,
    measured: times(ratio),
    most,
    isReached: ratio >= wanted,
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

function requestsOf(what: string, requests: number): Target {
  const measured = requests.toFixed(1);
  return {
    what: `${what}: requests to etcd`,
    wanted: `at most ${HANDOFF_REQUESTS}`,
    measured,
    most: undefined,
    isReached: Number(measured) <= HANDOFF_REQUESTS,
  };
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
