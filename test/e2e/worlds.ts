import { DaemonProcess, type DaemonOptions } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { until } from '../support/until.js';
import {
  grpcClient,
  httpClient,
  WireError,
  type Json,
  type Method,
  type WireClient,
} from '../support/wire-client.js';

/** The engines that users run. `start` makes a built daemon of each. */
export interface World {
  readonly engine: 'embedded' | 'etcd';
  /** Another daemon: on the same etcd, or, embedded, on a store of its own. */
  start(options?: DaemonOptions): Promise<DaemonProcess>;
  close(): Promise<void>;
}

export async function embeddedWorld(): Promise<World> {
  return Promise.resolve({
    engine: 'embedded',
    start: (options) => DaemonProcess.start(options),
    close: () => Promise.resolve(),
  });
}

export async function etcdWorld(): Promise<World & { readonly etcd: Etcd }> {
  const etcd = await startEtcd();
  return {
    engine: 'etcd',
    etcd,
    start: (options) => DaemonProcess.start({ endpoints: etcd.endpoints, ...options }),
    close: () => etcd.dispose(),
  };
}

/** A world and a daemon in it, as long as the tests of the surrounding `describe` run. */
export interface Running {
  readonly world: World;
  readonly daemon: DaemonProcess;
}

/** @param options asked for once the world is open. */
export function daemonOf(
  open: () => Promise<World>,
  options: () => DaemonOptions | Promise<DaemonOptions> = () => ({}),
): Running {
  let running: Running | undefined;
  const get = (): Running => {
    if (running === undefined) throw new Error('the daemon is started before the first test');
    return running;
  };
  before(async () => {
    const world = await open();
    running = { world, daemon: await world.start(await options()) };
  });
  after(async () => {
    await running?.daemon.dispose();
    await running?.world.close();
  });
  return {
    get world() {
      return get().world;
    },
    get daemon() {
      return get().daemon;
    },
  };
}

export const WORLDS = [
  ['embedded', embeddedWorld],
  ['etcd', etcdWorld],
] as const;

export const WIRES = [
  ['gRPC', (daemon: DaemonProcess): WireClient => grpcClient(daemon.grpcAddress)],
  ['HTTP', (daemon: DaemonProcess): WireClient => httpClient(daemon.url)],
] as const;

/** The code with which a request was refused; or what was answered, which should not have been. */
export function refusalOf(client: WireClient, method: Method, request: Json): Promise<string> {
  return client.call(method, request).then(
    (answer) => `answered ${JSON.stringify(answer)}`,
    (error: unknown) => (error instanceof WireError ? error.code : String(error)),
  );
}

export interface GrantJson {
  readonly leaseId: string;
  readonly fencingToken: string;
  readonly ttl: string;
}

/** The grant of an answer that must have one. */
export function grantIn(answer: Record<string, unknown>): GrantJson {
  if (answer.acquired !== true) throw new Error(`not acquired: ${JSON.stringify(answer)}`);
  return answer.grant as GrantJson;
}

/** As `until`, with patience for processes that start. */
export function eventually(
  what: string,
  check: () => Promise<boolean>,
  limitMs = 15_000,
): Promise<void> {
  return until(what, check, limitMs);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
