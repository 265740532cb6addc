import {
  credentials,
  loadPackageDefinition,
  type ChannelCredentials,
  type ChannelOptions,
  type ClientDuplexStream,
  type ClientReadableStream,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Caller } from '../../src/client/wire/caller.js';
import { Endpoints as ClientEndpoints } from '../../src/client/wire/endpoints.js';
import { StayAlive } from '../../src/clock/stay-alive.js';
import { SystemClock } from '../../src/clock/system-clock.js';
import type { Api } from '../../src/protocol/api.js';
import { loadCallDescriptors } from '../../src/protocol/call-descriptors.js';
import { protoFiles, protoFolders } from '../../src/protocol/proto-files.js';

/** Messages as proto-loader has them: int64 as text. */
export type Message = Record<string, unknown>;

/** All that is called, on whichever side, goes through clients of this one kind. */
export interface Stub {
  call(method: string, request: Message): Promise<Message>;
  serverStream(method: string, request: Message): ClientReadableStream<Message>;
  duplex(method: string): ClientDuplexStream<Message, Message>;
  close(): void;
}

interface AnyClient {
  close(): void;
  [method: string]: unknown;
}
type Constructor = new (
  address: string,
  channel: ChannelCredentials,
  options: ChannelOptions,
) => AnyClient;
type Namespace = Record<string, Record<string, Constructor>>;

/** Each has a connection of its own. */
const OPTIONS: ChannelOptions = { 'grpc.use_local_subchannel_pool': 1 };
const LOADING = { longs: String, enums: String, defaults: true } as const;
/** etcd's fields are named as its .proto files write them. */
const AS_WRITTEN = { keepCase: true };
const HERE = dirname(fileURLToPath(import.meta.url));
const ETCD = join(dirname(createRequire(import.meta.url).resolve('etcd3/package.json')), 'proto');

const etcd = load(
  [
    join(ETCD, 'rpc.proto'),
    ...['v3lock', 'v3election'].map((file) => join(HERE, 'proto', `${file}.proto`)),
  ],
  [ETCD],
  AS_WRITTEN,
);
const ours = load(protoFiles(), protoFolders());
const health = load(
  [createRequire(import.meta.url).resolve('grpc-health-check/proto/health/v1/health.proto')],
  [],
);

/** Of `etcdserverpb.KV`, `v3lockpb.Lock`, … */
export function etcdStub(endpoint: string, service: string): Stub {
  return stub(etcd, service, endpoint.replace(/^http:\/\//, ''));
}

/** Of `LockService`, … */
export function ourStub(address: string, service: string): Stub {
  return stub(ours, `sharedlock.v1.${service}`, address);
}

/** The one that every gRPC server may have. */
export function healthStub(address: string): Stub {
  return stub(health, 'grpc.health.v1.Health', address);
}

function load(files: readonly string[], includeDirs: string[], options = {}): Namespace {
  const loaded = loadPackageDefinition(
    loadSync([...files], { ...LOADING, ...options, includeDirs }),
  );
  // Its type does not say how packages are nested.
  return loaded as unknown as Namespace;
}

function stub(root: Namespace, service: string, address: string): Stub {
  const path = service.split('.');
  let found: unknown = root;
  for (const name of path) found = (found as Record<string, unknown>)[name];
  const client = new (found as Constructor)(address, credentials.createInsecure(), OPTIONS);
  const method = (name: string): ((...args: unknown[]) => unknown) => {
    const bound = client[name];
    if (typeof bound !== 'function') throw new Error(`${service} has no ${name}`);
    return bound.bind(client) as (...args: unknown[]) => unknown;
  };
  return {
    call: (name, request) =>
      new Promise((resolve, reject) => {
        method(name)(request, (error: Error | null, response: Message) => {
          if (error === null) resolve(response);
          else reject(error);
        });
      }),
    serverStream: (name, request) => method(name)(request) as ClientReadableStream<Message>,
    duplex: (name) => method(name)() as ClientDuplexStream<Message, Message>,
    close: () => {
      client.close();
    },
  };
}

/** How the client library calls: over one stream, as soon as there are two calls. */
export function libraryStub(address: string, service: keyof Api): Pick<Stub, 'call' | 'close'> {
  const clock = new SystemClock();
  const descriptors = loadCallDescriptors();
  const endpoints = new ClientEndpoints({ clock, descriptors }, [address], undefined);
  const closing = new AbortController().signal;
  const stayAlive = new StayAlive();
  const deadlineMs = 30_000;
  const caller = new Caller({ clock, descriptors, endpoints, closing, stayAlive, deadlineMs });
  // The names of methods and fields are checked by what is answered.
  const unary = caller.unary.bind(caller) as unknown as (
    ...of: [string, string, Message]
  ) => Promise<Message>;
  return { call: (name, request) => unary(service, name, request), close: () => endpoints.close() };
}
