import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../../../src/index.js';
import type { DaemonProcess } from '../../support/daemon-process.js';
import type { Fact } from './events.js';
import type { SoakWorld } from './world.js';

/** The longest TTL, once more after a change of etcd's leader; the places of a daemon that was killed live for 10 s. */
const GONE_MS = 25_000;
const POLL_MS = 500;
/** A daemon may have so many more files and sockets open than at its start, e.g. connections to etcd. */
const MORE_HANDLES = 24;
/** What the heap of a daemon that has worked for a while holds on to. */
const MORE_MEMORY_MB = 200;

type Left = Extract<Fact, { kind: 'left' }>;

/** What a daemon takes of the machine. */
interface Resources {
  readonly handles: number;
  readonly memoryMb: number;
}

/** Looks for what is left when all clients are gone, and no lease can live any more. */
export class Leftovers {
  readonly #world: SoakWorld;
  readonly #atStart: readonly Resources[];

  /** To be made before any client comes. */
  constructor(world: SoakWorld) {
    this.#world = world;
    this.#atStart = world.daemons.map(resourcesOf);
  }

  /** Waits as long as something may be left by right. */
  async find(client: Client): Promise<Left[]> {
    const untilMs = performance.now() + GONE_MS;
    for (;;) {
      const found = [...(await this.#stored(client)), ...this.#resources()];
      const isOver = found.every(({ count, atMost }) => count <= atMost);
      if (isOver || performance.now() > untilMs) return found;
      await pause(POLL_MS);
    }
  }

  async #stored(client: Client): Promise<Left[]> {
    const [locks, elections, leases, keys] = await Promise.all([
      counted(client.locks.list()),
      counted(client.elections()),
      counted(client.leases.list()),
      this.#keys(),
    ]);
    return Object.entries({ locks, elections, leases, ...keys }).map(([what, count]) => ({
      ...{ kind: 'left', what, count, atMost: 0 },
    }));
  }

  /** In etcd, also what no list shows. */
  async #keys(): Promise<Record<string, number>> {
    const { etcd } = this.#world;
    if (etcd === undefined) return {};
    const keys = (await etcd.ctl(['get', '--prefix', '/shared-lock', '--keys-only'])).split('\n');
    const count = (part: string): number => keys.filter((key) => key.includes(part)).length;
    const parts = ['/queue/', '/holder/', '/permit/', '/lease/'];
    return Object.fromEntries(parts.map((part) => [`keys with ${part}`, count(part)]));
  }

  #resources(): Left[] {
    return this.#world.daemons.flatMap((daemon, index) => {
      const { handles, memoryMb } = resourcesOf(daemon);
      const start = this.#atStart[index] ?? { handles: 0, memoryMb: 0 };
      return [
        left(`handles of daemon ${index}`, handles, start.handles + MORE_HANDLES),
        left(`memory of daemon ${index} in MB`, memoryMb, start.memoryMb + MORE_MEMORY_MB),
      ];
    });
  }
}

function left(what: string, count: number, atMost: number): Left {
  return { kind: 'left', what, count, atMost };
}

function resourcesOf({ pid }: DaemonProcess): Resources {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const memoryKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { handles: readdirSync(`/proc/${pid}/fd`).length, memoryMb: Math.round(memoryKb / 1024) };
}

async function counted(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count++;
  return count;
}
