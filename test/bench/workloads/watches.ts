import type { ClientReadableStream } from '@grpc/grpc-js';
import { etcdStub, ourStub, type Message, type Stub } from '../stubs.js';
import { check, freshName, type Made, type Workload } from '../workload.js';
import type { World } from '../world.js';

const WATCHERS = 1000;
/** Of one connection; servers allow so many streams, and no more. */
const WATCHERS_PER_CONNECTION = 250;
const NAMESPACE = 'watched';

type Watcher = ClientReadableStream<Message>;

/** A write, until each watcher has been told of it. */
async function ours({ ours: { daemon, configs } }: World): Promise<Made> {
  const name = freshName('fan-out');
  const write = async (text: string): Promise<void> => {
    const request = { namespace: NAMESPACE, name, document: JSON.stringify(text) };
    await configs.call('PutConfig', request);
  };
  await write('first');
  const watchers = open(
    () => ourStub(daemon.grpcAddress, 'ConfigService'),
    (stub) => stub.serverStream('WatchConfigs', { namespace: NAMESPACE, name }),
  );
  await Promise.all(
    watchers.streams.map((stream) => told(stream, ({ kind }) => kind === 'SYNCED')),
  );
  return fanOut(watchers, write, ({ config }, text) => {
    return (config as Message | null)?.document === JSON.stringify(text);
  });
}

async function etcd({ etcd: { endpoints }, kv }: World): Promise<Made> {
  const [endpoint = ''] = endpoints;
  const key = Buffer.from(freshName('fan-out'));
  const watchers = open(
    () => etcdStub(endpoint, 'etcdserverpb.Watch'),
    (stub) => {
      const stream = stub.duplex('Watch');
      stream.write({ create_request: { key } });
      return stream;
    },
  );
  await Promise.all(
    watchers.streams.map((stream) => told(stream, ({ created }) => created === true)),
  );
  const write = async (text: string): Promise<void> => {
    await kv.call('Put', { key, value: Buffer.from(text) });
  };
  return fanOut(watchers, write, ({ events }, text) =>
    (events as { readonly kv: { readonly value: Buffer } }[]).some(
      ({ kv: { value } }) => value.toString() === text,
    ),
  );
}

interface Watchers {
  readonly streams: readonly Watcher[];
  close(): void;
}

function open(connect: () => Stub, watch: (stub: Stub) => Watcher): Watchers {
  const stubs = Array.from({ length: WATCHERS / WATCHERS_PER_CONNECTION }, connect);
  const streams = stubs.flatMap((stub) =>
    Array.from({ length: WATCHERS_PER_CONNECTION }, () => watch(stub)),
  );
  // They end with their connections.
  for (const stream of streams) stream.on('error', () => undefined);
  return {
    streams,
    close: () => {
      for (const stream of streams) stream.cancel();
      for (const stub of stubs) stub.close();
    },
  };
}

/** Resolves when the stream has brought such a message. */
function told(stream: Watcher, isIt: (message: Message) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (message: Message): void => {
      if (!isIt(message)) return;
      stream.off('data', look);
      resolve();
    };
    stream.on('data', look);
  });
}

function fanOut(
  { streams, close }: Watchers,
  write: (text: string) => Promise<void>,
  brings: (message: Message, text: string) => boolean,
): Made {
  check(streams.length === WATCHERS, 'all watch');
  return {
    close,
    operation: async (_, turn) => {
      const text = `${turn} ${'x'.repeat(100)}`;
      const all = streams.map((stream) => told(stream, (message) => brings(message, text)));
      await write(text);
      await Promise.all(all);
    },
  };
}

export const watchWorkloads: readonly Workload[] = [
  {
    name: 'a write seen by 1,000 watchers',
    ours,
    peers: [{ name: 'watches of etcd', make: etcd }],
    inFlight: [1],
  },
];
