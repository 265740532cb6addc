import { setTimeout as pause } from 'node:timers/promises';
import type { DaemonProcess } from '../../support/daemon-process.js';
import type { Etcd } from '../../support/etcd.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';
import type { Fleet } from './fleet.js';
import type { Recorder } from './history.js';
import { targetOf, type Fault, type LinkFault, type Step } from './plan.js';
import { LEADER_STOPPED } from './rules/exclusion.js';
import type { SoakWorld } from './world.js';

const DELAY_MS = 150;
/** Between two starts of a daemon. */
const RESTART_MS = 500;
const SUPERVISED_MS = 60_000;

/** Breaks a world as it was planned, and heals it again. */
export class Breaking {
  readonly #world: SoakWorld;
  readonly #fleet: Fleet;
  readonly #recorder: Recorder;
  /** One fault of a target begins when the one before it has ended. */
  readonly #lines = new Map<string, Promise<void>>();

  constructor(world: SoakWorld, fleet: Fleet, recorder: Recorder) {
    this.#world = world;
    this.#fleet = fleet;
    this.#recorder = recorder;
  }

  /** Resolves when all is healed again. */
  async run(steps: readonly Step[]): Promise<void> {
    const startMs = performance.now();
    for (const step of steps) {
      await pause(Math.max(0, step.atMs - (performance.now() - startMs)));
      const target = targetOf(step.fault);
      const before = this.#lines.get(target) ?? Promise.resolve();
      this.#lines.set(
        target,
        before.then(() => this.#break(step)),
      );
    }
    await Promise.all(this.#lines.values());
  }

  async #break({ fault, ms }: Step): Promise<void> {
    const name = nameOf(fault);
    const told = (began: string): void => this.#recorder.record({ kind: 'fault', name: began, ms });
    switch (fault.kind) {
      case 'daemon':
        told(name);
        return this.#breakDaemon(fault, ms);
      case 'etcd':
        return this.#breakEtcd(fault, ms, told);
      case 'client':
        told(name);
        return this.#breakClient(fault, ms);
      case 'client link':
        told(name);
        return breakLink(this.#world.clientLinks[fault.client]?.[fault.daemon], fault.how, ms);
      case 'etcd link':
        told(name);
        return breakLink(this.#world.etcdLinks[fault.daemon]?.[fault.member], fault.how, ms);
    }
  }

  async #breakDaemon(fault: Extract<Fault, { kind: 'daemon' }>, ms: number): Promise<void> {
    const daemon = this.#world.daemons[fault.daemon];
    if (daemon === undefined) return;
    if (fault.how === 'stop') {
      daemon.signal('SIGSTOP');
      await pause(ms);
      daemon.signal('SIGCONT');
      return;
    }
    await (fault.how === 'kill' ? daemon.kill() : daemon.stop());
    await pause(ms);
    await this.#startAgain(daemon);
    this.#recorder.record({ kind: 'started', process: targetOf(fault) });
  }

  /** As a supervisor does: a daemon that can't reach etcd when it starts ends. */
  async #startAgain(daemon: DaemonProcess): Promise<void> {
    const untilMs = performance.now() + SUPERVISED_MS;
    for (;;) {
      try {
        await daemon.startAgain();
        return;
      } catch (error) {
        if (this.#world.etcd === undefined || performance.now() > untilMs) throw error;
      }
      await pause(RESTART_MS);
    }
  }

  async #breakEtcd(
    fault: Extract<Fault, { kind: 'etcd' }>,
    ms: number,
    told: (name: string) => void,
  ): Promise<void> {
    const { etcd } = this.#world;
    if (etcd === undefined) return;
    const leader = await leaderOf(etcd);
    const member = fault.member === 'leader' ? leader : fault.member;
    if (member === undefined) return;
    if (fault.how === 'kill') {
      told(`etcd member ${member} killed`);
      await etcd.kill(member);
      await pause(ms);
      await etcd.start(member);
      return;
    }
    told(member === leader ? LEADER_STOPPED : `etcd member ${member} stopped`);
    etcd.pause(member);
    await pause(ms);
    etcd.resume(member);
  }

  async #breakClient(
    { how, client }: Extract<Fault, { kind: 'client' }>,
    ms: number,
  ): Promise<void> {
    if (how === 'kill') return this.#fleet.replace(client);
    if (how === 'stop') {
      this.#fleet.signal(client, 'SIGSTOP');
      await pause(ms);
      this.#fleet.signal(client, 'SIGCONT');
      return;
    }
    this.#fleet.tell(client, how === 'stall' ? `stall ${ms}` : 'reopen');
    await pause(ms);
  }
}

async function breakLink(link: TcpProxy | undefined, how: LinkFault, ms: number): Promise<void> {
  if (link === undefined) return;
  switch (how) {
    case 'cut':
      link.cut();
      return;
    case 'freeze':
      link.freeze();
      return;
    case 'refuse':
      link.refuse();
      link.cut();
      break;
    case 'delay':
      link.delay(DELAY_MS);
      break;
    case 'hold to server':
      link.hold('toServer');
      break;
    case 'hold to client':
      link.hold('toClient');
  }
  await pause(ms);
  link.heal();
}

/** @returns the member that leads, as far as any of them says so soon. */
async function leaderOf(etcd: Etcd): Promise<number | undefined> {
  const asked = etcd.endpoints.map(async (_, member) => {
    const out = await etcd.ctl(
      ['endpoint', 'status', '-w', 'json', '--command-timeout=2s'],
      member,
    );
    const [status] = JSON.parse(out) as EndpointStatus[]; // etcdctl's own format
    const isLeader = status?.Status.leader === status?.Status.header.member_id;
    if (status === undefined || !isLeader) throw new Error('it follows');
    return member;
  });
  return Promise.any(asked).catch(() => undefined);
}

interface EndpointStatus {
  readonly Status: { readonly header: { readonly member_id: number }; readonly leader: number };
}

function nameOf(fault: Fault): string {
  return `${targetOf(fault)}: ${fault.how}`;
}
