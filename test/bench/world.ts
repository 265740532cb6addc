import { Agent, request as httpRequest } from 'node:http';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { freePorts } from '../support/free-ports.js';
import { etcdStub, healthStub, libraryStub, ourStub, type Message, type Stub } from './stubs.js';

const ORIGINAL = fileURLToPath(new URL('original-server.ts', import.meta.url));
/** Above the number in flight, so that nobody waits for a connection. */
const MAX_SOCKETS = 512;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One of our daemons, and clients of it. */
export interface Ours {
  readonly daemon: DaemonProcess;
  readonly leases: Stub;
  readonly locks: Stub;
  readonly counters: Stub;
  readonly configs: Stub;
  readonly health: Stub;
  /** The same by the client library. */
  readonly library: Readonly<Record<'locks' | 'configs', Pick<Stub, 'call'>>>;
  http(method: string, path: string, body?: unknown): Promise<Answer>;
}

/** What all sides run on: one etcd, with its data on a disk, and a process for each server. */
export interface World {
  readonly etcd: Etcd;
  readonly kv: Stub;
  readonly etcdLeases: Stub;
  readonly etcdLocks: Stub;
  readonly etcdElections: Stub;
  /** On that etcd. */
  readonly ours: Ours;
  readonly embedded: Ours;
  /** The original's sequence behind our HTTP server. */
  original(method: string, path: string, body?: unknown): Promise<Answer>;
  dispose(): Promise<void>;
}

const OPTIONS = { quiet: true, env: { SHARED_LOCK_LIMIT_LEASES: '1000000' } };

export async function startWorld(): Promise<World> {
  const etcd = await startEtcd({ onDisk: true });
  const [endpoint = ''] = etcd.endpoints;
  const ours = await startOurs({ endpoints: etcd.endpoints, ...OPTIONS });
  const embedded = await startOurs(OPTIONS);
  const original = await startOriginal(endpoint);
  return {
    etcd,
    kv: etcdStub(endpoint, 'etcdserverpb.KV'),
    etcdLeases: etcdStub(endpoint, 'etcdserverpb.Lease'),
    etcdLocks: etcdStub(endpoint, 'v3lockpb.Lock'),
    etcdElections: etcdStub(endpoint, 'v3electionpb.Election'),
    ours,
    embedded,
    original: httpTo(original.port),
    dispose: async () => {
      original.process.kill();
      await ours.daemon.dispose();
      await embedded.daemon.dispose();
      await etcd.dispose();
    },
  };
}

export async function startOurs(options: Parameters<typeof DaemonProcess.start>[0]): Promise<Ours> {
  const daemon = await DaemonProcess.start(options);
  const stub = (service: string): Stub => ourStub(daemon.grpcAddress, service);
  return {
    daemon,
    leases: stub('LeaseService'),
    locks: stub('LockService'),
    counters: stub('CounterService'),
    configs: stub('ConfigService'),
    health: healthStub(daemon.grpcAddress),
    library: {
      locks: libraryStub(daemon.grpcAddress, 'LockService'),
      configs: libraryStub(daemon.grpcAddress, 'ConfigService'),
    },
    http: httpTo(daemon.httpPort),
  };
}

/** A lease of etcd for the peers. */
export async function etcdLease(world: World, ttlSeconds = 600): Promise<string> {
  const granted = await world.etcdLeases.call('LeaseGrant', { TTL: ttlSeconds });
  return String(granted.ID);
}

/** A lease of ours. */
export async function session(ours: Ours): Promise<string> {
  const created = await ours.leases.call('CreateLease', { ttl: { seconds: 600 } });
  return String((created.grant as Message).leaseId);
}

async function startOriginal(
  endpoint: string,
): Promise<{ readonly process: ChildProcess; readonly port: number }> {
  const [port = 0] = await freePorts(1);
  const child = spawn(process.execPath, ['--import', 'tsx', ORIGINAL, endpoint, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return { process: child, port };
}

function httpTo(port: number): Ours['http'] {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers =
        text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const request = httpRequest({ agent, port, method, path, headers }, (response) => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (answer += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: answer });
        });
      });
      request.on('error', reject);
      request.end(text);
    });
}
