import { cpus, totalmem } from 'node:os';
import { RENEWAL_PERIOD_SECONDS, type Holding, type Starting } from './costs.js';
import type { Handoff } from './handoff.js';
import type { Latency } from './latency.js';
import type { Row } from './run.js';
import { targetsOf, times, type Target } from './targets.js';

export interface Results {
  readonly quick: boolean;
  readonly rows: readonly Row[];
  readonly handoffs: readonly Handoff[];
  readonly latency?: Latency;
  readonly starting?: Starting;
  readonly holding: readonly Holding[];
}

/** A table as Markdown, which is readable as it is. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function tablesOf(results: Results): Table[] {
  const { rows, handoffs, latency, holding } = results;
  return [
    targetTable(targetsOf(results)),
    comparisons(rows),
    cpuTable(rows),
    ...(handoffs.length === 0 ? [] : [handoffTable(handoffs)]),
    ...(latency === undefined ? [] : [latencyTable(latency)]),
    ...(holding.length === 0 ? [] : [holdingTable(holding)]),
  ];
}

export function report(results: Results): string {
  return `${machine()}\n\n${tablesOf(results).map(markdown).join('\n')}`;
}

/** What it was measured on. */
export function machine(): string {
  const [cpu] = cpus();
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${cpu?.model ?? 'unknown'}), ${memoryGib} GiB, Node ${process.versions.node}`;
}

export function markdown({ title, head, rows }: Table): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return `${title}\n\n${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
}

function comparisons(rows: readonly Row[]): Table {
  return {
    title: 'Operations a second, and how long one takes (ms)',
    head: [
      'workload',
      'in flight',
      'a second',
      'p50',
      'p99',
      'peer',
      'a second',
      'p50',
      'p99',
      'ratio',
    ],
    rows: rows.map(({ workload, inFlight, ours, peer, theirs, ratio }) => [
      workload,
      String(inFlight),
      whole(ours.operationsPerSecond),
      short(ours.p50Ms),
      short(ours.p99Ms),
      peer,
      whole(theirs.operationsPerSecond),
      short(theirs.p50Ms),
      short(theirs.p99Ms),
      short(ratio),
    ]),
  };
}

function cpuTable(rows: readonly Row[]): Table {
  const side = (name: string, { cpu }: Row['ours']): string[] => [
    name,
    whole(cpu.client),
    whole(cpu.daemon),
    whole(cpu.etcd),
  ];
  return {
    title: 'CPU time of an operation, by process (µs); the peer beside it',
    head: [
      'workload',
      'in flight',
      'side',
      'client',
      'daemon',
      'etcd',
      'peer',
      'client',
      'daemon',
      'etcd',
    ],
    rows: rows.map(({ workload, inFlight, ours, peer, theirs }) => [
      workload,
      String(inFlight),
      ...side('ours', ours),
      ...side(peer, theirs),
    ]),
  };
}

function handoffTable(handoffs: readonly Handoff[]): Table {
  return {
    title: 'From a release to the next grant',
    head: [
      'side',
      'waiters',
      'p50 ms',
      'p99 ms',
      'requests to etcd',
      'time against 2 waiters',
      'requests against 2 waiters',
    ],
    rows: handoffs.map(({ side, waiters, p50Ms, p99Ms, requests }) => {
      const few = handoffs.find((other) => other.side === side && other.waiters === 2);
      return [
        side,
        String(waiters),
        short(p50Ms),
        short(p99Ms),
        short(requests),
        short(p50Ms / (few?.p50Ms ?? NaN)),
        short(requests / (few?.requests ?? NaN)),
      ];
    }),
  };
}

function holdingTable(holding: readonly Holding[]): Table {
  return {
    title: `Leases that are only kept alive, once in ${RENEWAL_PERIOD_SECONDS} s each`,
    head: [
      'leases',
      'memory MB',
      'CPU % of a core',
      'requests to etcd a second',
      'KB for a lease more',
      'µs CPU a renewal',
      'requests a renewal',
    ],
    rows: holding.map((row, index) => {
      const before = holding[index - 1];
      const growthKb =
        before === undefined
          ? NaN
          : ((row.residentMb - before.residentMb) * 1024) / (row.leases - before.leases);
      const renewalsPerSecond = row.leases / RENEWAL_PERIOD_SECONDS;
      return [
        String(row.leases),
        whole(row.residentMb),
        short(row.cpuPercent),
        whole(row.etcdRequestsPerSecond),
        Number.isNaN(growthKb) ? '' : short(growthKb),
        short((row.cpuPercent * 10_000) / renewalsPerSecond),
        short(row.etcdRequestsPerSecond / renewalsPerSecond),
      ];
    }),
  };
}

function latencyTable({ oursMs, directMs, ratio }: Latency): Table {
  return {
    title: 'One caller alone: a free lock with a lease made for it',
    head: ['ours, p50 ms', 'direct recipe, p50 ms', 'ratio'],
    rows: [[short(oursMs), short(directMs), short(ratio)]],
  };
}

function targetTable(targets: readonly Target[]): Table {
  return {
    title: 'What we aim for',
    head: ['what', 'aim', 'measured', 'reached', 'with calls that do nothing'],
    rows: targets.map(({ what, wanted, measured, most, isReached }) => [
      what,
      wanted,
      measured,
      isReached ? 'yes' : 'no',
      most === undefined ? '' : times(most),
    ]),
  };
}

function whole(value: number): string {
  return value.toFixed(0);
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}
