import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DaemonProcess } from '../support/daemon-process.js';
import { cpuSeconds } from './cpu.js';
import { requestsOf } from './handoff.js';
import { median } from './measure.js';
import type { Message } from './stubs.js';
import { startOurs, type Ours, type World } from './world.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cmd/shared-lock.js', import.meta.url));
/** To grant the most of them takes more than a minute, in which nobody renews. */
const TTL_SECONDS = 600;
/** All are renewed once in so long, as clients do whose leases are of a minute. */
export const RENEWAL_PERIOD_SECONDS = 20;
const RENEWAL_PERIOD_MS = RENEWAL_PERIOD_SECONDS * 1000;
const GRANTED_AT_ONCE = 64;
export const IDLE_AFTER_SECONDS = 30;

/** What a daemon needs with so many leases that are only kept alive. */
export interface Holding {
  readonly leases: number;
  readonly residentMb: number;
  /** Share of one core, in percent. */
  readonly cpuPercent: number;
  readonly etcdRequestsPerSecond: number;
}

export interface Starting {
  readonly idleMb: number;
  readonly readyMs: number;
  readonly commandMs: number;
}

export async function measureHolding(world: World, counts: readonly number[]): Promise<Holding[]> {
  const ours = await startOurs({
    endpoints: world.etcd.endpoints,
    quiet: true,
    env: { SHARED_LOCK_LIMIT_LEASES: '1000000' },
  });
  try {
    const leases: string[] = [];
    const rows: Holding[] = [];
    for (const count of counts) {
      await grantUntil(ours, leases, count);
      rows.push(await keepAlive(world, ours, leases));
    }
    return rows;
  } finally {
    await ours.daemon.dispose();
  }
}

async function grantUntil(ours: Ours, leases: string[], count: number): Promise<void> {
  const worker = async (): Promise<void> => {
    while (leases.length < count) {
      const slot = leases.push('') - 1;
      const created = await ours.leases.call('CreateLease', { ttl: { seconds: TTL_SECONDS } });
      leases[slot] = String((created.grant as Message).leaseId);
    }
  };
  await Promise.all(Array.from({ length: GRANTED_AT_ONCE }, worker));
}

/** Renews each lease once, evenly over the period. */
async function keepAlive(world: World, ours: Ours, leases: readonly string[]): Promise<Holding> {
  const stream = ours.leases.duplex('KeepAliveStream');
  let renewed = 0;
  const done = new Promise<void>((resolve, reject) => {
    stream.on('data', ({ code }: Message) => {
      if (code !== 0) reject(new Error('a lease was lost'));
      if (++renewed === leases.length) resolve();
    });
    stream.on('error', () => undefined);
  });
  const startMs = performance.now();
  const cpuBefore = cpuSeconds(ours.daemon.pid);
  const requestsBefore = await requestsOf(world);
  for (let sent = 0; sent < leases.length;) {
    const due = ((performance.now() - startMs) / RENEWAL_PERIOD_MS) * leases.length;
    while (sent < Math.min(due, leases.length)) stream.write({ leaseId: leases[sent++] });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await done;
  const seconds = (performance.now() - startMs) / 1000;
  stream.end();
  return {
    leases: leases.length,
    residentMb: residentMb(ours.daemon.pid),
    cpuPercent: ((cpuSeconds(ours.daemon.pid) - cpuBefore) * 100) / seconds,
    etcdRequestsPerSecond: ((await requestsOf(world)) - requestsBefore) / seconds,
  };
}

export async function measureStarting(rounds: number): Promise<Starting> {
  const ready: number[] = [];
  const command: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now();
    const daemon = await DaemonProcess.start();
    ready.push(performance.now() - startMs);
    const commandMs = performance.now();
    spawnSync(process.execPath, [PROGRAM, 'counter', 'get', 'nothing'], {
      env: { ...process.env, SHARED_LOCK_ADDRESS: daemon.grpcAddress },
    });
    command.push(performance.now() - commandMs);
    await daemon.dispose();
  }
  return { idleMb: await idleMb(), readyMs: median(ready), commandMs: median(command) };
}

/** What starting took is given back when the process has had nothing to do for some seconds. */
async function idleMb(): Promise<number> {
  const daemon = await DaemonProcess.start();
  await new Promise((resolve) => setTimeout(resolve, IDLE_AFTER_SECONDS * 1000));
  const resident = residentMb(daemon.pid);
  await daemon.dispose();
  return resident;
}

function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
