import { SeededRandom } from './random.js';

/** What is broken. Numbers are those of daemons, members of etcd, and client processes. */
export type Fault =
  | {
      readonly kind: 'daemon';
      readonly how: 'stop' | 'kill' | 'terminate';
      readonly daemon: number;
    }
  | { readonly kind: 'etcd'; readonly how: 'stop' | 'kill'; readonly member: number | 'leader' }
  | {
      readonly kind: 'client link';
      readonly how: LinkFault;
      readonly client: number;
      readonly daemon: number;
    }
  | {
      readonly kind: 'etcd link';
      readonly how: LinkFault;
      readonly daemon: number;
      readonly member: number;
    }
  | {
      readonly kind: 'client';
      readonly how: 'stop' | 'kill' | 'stall' | 'reopen';
      readonly client: number;
    };

/** Connections are reset; become silent for ever; hold back all bytes of a direction; are slow; are refused. */
export type LinkFault = 'cut' | 'freeze' | 'hold to server' | 'hold to client' | 'delay' | 'refuse';

/** A fault, from when on after the beginning, and for how long. */
export interface Step {
  readonly atMs: number;
  readonly ms: number;
  readonly fault: Fault;
}

export interface PlanSettings {
  readonly seed: number;
  /** Before it nothing is broken, so that what fails by itself is seen. */
  readonly calmMs: number;
  /** When all faults are over. */
  readonly untilMs: number;
  readonly daemons: number;
  /** Of etcd; 0: the daemons have a store of their own. */
  readonly members: number;
  readonly clients: number;
}

const SHORTEST_GAP_MS = 300;
const LONGEST_GAP_MS = 1800;
const SHORTEST_MS = 200;
const LONGEST_MS = 5000;
const LINK_FAULTS = [
  'cut',
  'freeze',
  'hold to server',
  'hold to client',
  'delay',
  'refuse',
] as const;

/** The same steps for the same settings. Several faults overlap at times, but never two of one target. */
export function makePlan(settings: PlanSettings): Step[] {
  const random = new SeededRandom(settings.seed);
  const steps: Step[] = [];
  const busyUntilMs = new Map<string, number>();
  for (let atMs = settings.calmMs; ; atMs += random.between(SHORTEST_GAP_MS, LONGEST_GAP_MS)) {
    const ms = random.between(SHORTEST_MS, LONGEST_MS);
    const fault = pickFault(random, settings);
    if (atMs + ms > settings.untilMs) {
      if (atMs + SHORTEST_MS > settings.untilMs) return steps;
      continue;
    }
    const target = targetOf(fault);
    if ((busyUntilMs.get(target) ?? 0) > atMs) continue;
    busyUntilMs.set(target, atMs + ms);
    steps.push({ atMs, ms, fault });
  }
}

/** What can have one fault at a time. */
export function targetOf(fault: Fault): string {
  switch (fault.kind) {
    case 'daemon':
      return `daemon ${fault.daemon}`;
    case 'etcd':
      return 'etcd';
    case 'client link':
      return `link of client ${fault.client} to daemon ${fault.daemon}`;
    case 'etcd link':
      return `link of daemon ${fault.daemon} to member ${fault.member}`;
    case 'client':
      return `client ${fault.client}`;
  }
}

function pickFault(random: SeededRandom, { daemons, members, clients }: PlanSettings): Fault {
  const daemon = random.between(0, daemons - 1);
  const member = random.between(0, Math.max(members - 1, 0));
  const client = random.between(0, clients - 1);
  const kinds: readonly Fault['kind'][] =
    members > 0
      ? ['daemon', 'etcd', 'client link', 'client link', 'etcd link', 'client']
      : ['daemon', 'client link', 'client link', 'client link', 'client', 'client'];
  const kind = random.pick(kinds);
  switch (kind) {
    case 'daemon':
      return { kind, how: random.pick(['stop', 'kill', 'terminate'] as const), daemon };
    case 'etcd':
      return {
        kind,
        how: random.pick(['stop', 'stop', 'kill'] as const),
        member: random.chance(0.6) ? 'leader' : member,
      };
    case 'client link':
      return { kind, how: random.pick(LINK_FAULTS), client, daemon };
    case 'etcd link':
      return { kind, how: random.pick(LINK_FAULTS), daemon, member };
    case 'client':
      return {
        kind,
        how: random.pick(['stop', 'stop', 'kill', 'stall', 'reopen'] as const),
        client,
      };
  }
}
