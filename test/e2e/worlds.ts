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

/**
 * What is opened before the first test of the surrounding `describe`, and closed after the last one. May be looked at in
 * between only.
 * @param open resolves to it, and to what closes it.
 */
export function duringTests<T extends object>(
  open: () => Promise<readonly [T, () => Promise<void>]>,
): T {
  let opened: T | undefined;
  let close = (): Promise<void> => Promise.resolve();
  before(async () => {
    [opened, close] = await open();
  });
  after(() => close());
  const later = {
    get: (_: object, property: string | symbol): unknown => {
      if (opened === undefined) throw new Error('it is opened before the first test');
      return Reflect.get(opened, property);
    },
  };
  return new Proxy({}, later) as T; // all that is asked of it is asked of what was opened
}

/** A world and a daemon in it, as long as the tests of the surrounding `describe` run. */
export interface Running<W extends World = World> {
  readonly world: W;
  readonly daemon: DaemonProcess;
}

/** @param options asked for once the world is open. */
export function daemonOf<W extends World>(
  open: () => Promise<W>,
  options: () => DaemonOptions | Promise<DaemonOptions> = () => ({}),
): Running<W> {
  return duringTests(async () => {
    const world = await open();
    const daemon = await world.start(await options());
    const close = async (): Promise<void> => {
      await daemon.dispose();
      await world.close();
    };
    return [{ world, daemon }, close];
  });
}

/** Two daemons on one etcd, as long as the tests of the surrounding `describe` run. */
export interface Pair {
  readonly etcd: Etcd;
  readonly one: DaemonProcess;
  readonly two: DaemonProcess;
}

export function pairOnEtcd(): Pair {
  return duringTests(async () => {
    const world = await etcdWorld();
    const [one, two] = await Promise.all([world.start(), world.start()]);
    const close = async (): Promise<void> => {
      await Promise.all([one.dispose(), two.dispose()]);
      await world.close();
    };
    return [{ etcd: world.etcd, one, two }, close];
  });
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
