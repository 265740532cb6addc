import { mapConcurrently } from '../../../src/service/map-concurrently.js';
import { DaemonProcess } from '../../support/daemon-process.js';
import { startEtcd, type Etcd } from '../../support/etcd.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

export type Engine = 'etcd' | 'embedded';

export interface WorldSettings {
  readonly engine: Engine;
  readonly daemons: number;
  readonly clients: number;
}

const MEMBERS = 3;
const STARTS_AT_A_TIME = 2;
/** A start shares the machine with all that the soak does. */
const READY_MS = 60_000;

/** Daemons and what they stand on, with a proxy on each way: from each client to each daemon, and to each member of etcd. */
export class SoakWorld {
  readonly engine: Engine;
  readonly etcd: Etcd | undefined;
  readonly daemons: readonly DaemonProcess[];
  /** By client and daemon. */
  readonly clientLinks: readonly (readonly TcpProxy[])[];
  /** By daemon and member. */
  readonly etcdLinks: readonly (readonly TcpProxy[])[];

  static async start({ engine, daemons, clients }: WorldSettings): Promise<SoakWorld> {
    const etcd = engine === 'etcd' ? await startEtcd({ members: MEMBERS }) : undefined;
    const etcdLinks = await grid(daemons, etcd?.endpoints ?? []);
    const started = await mapConcurrently(etcdLinks, STARTS_AT_A_TIME, (links) =>
      DaemonProcess.start({
        ...(etcd === undefined ? {} : { endpoints: links.map(({ endpoint }) => endpoint) }),
        quiet: true,
        readyMs: READY_MS,
      }),
    );
    const addresses = started.map(({ grpcAddress }) => grpcAddress);
    return new SoakWorld(etcd, started, await grid(clients, addresses), etcdLinks);
  }

  private constructor(
    etcd: Etcd | undefined,
    daemons: readonly DaemonProcess[],
    clientLinks: readonly (readonly TcpProxy[])[],
    etcdLinks: readonly (readonly TcpProxy[])[],
  ) {
    this.engine = etcd === undefined ? 'embedded' : 'etcd';
    this.etcd = etcd;
    this.daemons = daemons;
    this.clientLinks = clientLinks;
    this.etcdLinks = etcdLinks;
  }

  /** Where a client finds the daemons; each client begins with another one. */
  addressesFor(client: number): string[] {
    const links = this.clientLinks[client] ?? [];
    const first = client % links.length;
    return [...links.slice(first), ...links.slice(0, first)].map(({ port }) => `127.0.0.1:${port}`);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.daemons.map((daemon) => daemon.dispose()));
    const links = [...this.clientLinks, ...this.etcdLinks].flat();
    await Promise.all(links.map((link) => link.dispose()));
    await this.etcd?.dispose();
  }
}

/** For each of `count` a proxy to each target. */
function grid(count: number, targets: readonly string[]): Promise<TcpProxy[][]> {
  const rows = Array.from({ length: count }, () =>
    Promise.all(targets.map((target) => TcpProxy.start(target))),
  );
  return Promise.all(rows);
}
