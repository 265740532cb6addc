import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { World } from './world.js';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']).toString());

/** Of each process, in µs: of an operation, or of all so far. */
export interface Cpu {
  readonly client: number;
  readonly daemon: number;
  readonly etcd: number;
}

/** Of user and system, since the process began. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** So far. Both daemons count as one: only one has work at a time. */
export function cpuNow({ ours, embedded, etcd }: World): Cpu {
  const { user, system } = process.cpuUsage();
  const daemon = cpuSeconds(ours.daemon.pid) + cpuSeconds(embedded.daemon.pid);
  return { client: user + system, daemon: daemon * 1e6, etcd: cpuSeconds(etcd.pid) * 1e6 };
}

/** Of one operation of so many since then. */
export function cpuSince(world: World, before: Cpu, operations: number): Cpu {
  const now = cpuNow(world);
  return {
    client: (now.client - before.client) / operations,
    daemon: (now.daemon - before.daemon) / operations,
    etcd: (now.etcd - before.etcd) / operations,
  };
}
