import type { Operation } from '../measure.js';
import { check, freshName, type Side, type Workload } from '../workload.js';
import type { Stub } from '../stubs.js';
import type { Ours, World } from '../world.js';

const NAMESPACE = 'bench';
const DOCUMENT = JSON.stringify({ text: 'x'.repeat(200), list: [1, 2, 3] });

async function written(ours: Ours): Promise<string> {
  const name = freshName('config');
  await ours.configs.call('CreateConfig', { namespace: NAMESPACE, name, document: DOCUMENT });
  return name;
}

async function readOverGrpc(
  ours: Ours,
  consistency: 'CACHED' | 'LINEARIZABLE',
  configs: Pick<Stub, 'call'> = ours.configs,
): Promise<Operation> {
  const name = await written(ours);
  return async () => {
    const { document } = await configs.call('GetConfig', {
      namespace: NAMESPACE,
      name,
      consistency,
    });
    check(document === DOCUMENT, 'the document as it was written');
  };
}

async function readOverHttp(
  ours: Ours,
  consistency: 'CACHED' | 'LINEARIZABLE',
): Promise<Operation> {
  const name = await written(ours);
  const path = `/v1/namespaces/${NAMESPACE}/configs/${name}?consistency=${consistency}`;
  return async () => {
    const { body } = await ours.http('GET', path);
    check((JSON.parse(body) as { document: string }).document === DOCUMENT, 'the document');
  };
}

function writeOverGrpc(ours: Ours): Operation {
  const prefix = freshName('config');
  return async (worker, turn) => {
    const { version } = await ours.configs.call('PutConfig', {
      namespace: NAMESPACE,
      name: `${prefix}-${worker}`,
      document: DOCUMENT,
    });
    check(version === turn, 'the next version');
  };
}

function rangeOfEtcd(serializable: boolean): Side {
  return {
    name: serializable ? 'serializable read of etcd' : 'linearizable read of etcd',
    make: async ({ kv }: World) => {
      const key = Buffer.from(freshName('config'));
      const value = Buffer.from(DOCUMENT);
      await kv.call('Put', { key, value });
      return async () => {
        const { kvs } = await kv.call('Range', { key, serializable });
        check((kvs as { value: Buffer }[])[0]?.value.equals(value) === true, 'the value');
      };
    },
  };
}

const putToEtcd: Side = {
  name: 'put to etcd',
  make: ({ kv }) => {
    const prefix = freshName('config');
    const value = Buffer.from(DOCUMENT);
    return async (worker) => {
      await kv.call('Put', { key: Buffer.from(`${prefix}-${worker}`), value });
    };
  },
};

const READS = [rangeOfEtcd(false), rangeOfEtcd(true)];

export const configWorkloads: readonly Workload[] = [
  {
    name: 'config read, cached, gRPC',
    ours: (world) => readOverGrpc(world.ours, 'CACHED'),
    peers: READS,
    aims: [{ inFlight: 64, daemonCpu: 60 }],
    quick: true,
  },
  {
    name: 'config read, cached, client library',
    ours: ({ ours }) => readOverGrpc(ours, 'CACHED', ours.library.configs),
    peers: [
      rangeOfEtcd(false),
      { name: 'unary gRPC', make: ({ ours }) => readOverGrpc(ours, 'CACHED') },
    ],
    aims: [{ inFlight: 64, ratio: 10 }],
    quick: true,
  },
  {
    name: 'config read, cached, HTTP',
    ours: (world) => readOverHttp(world.ours, 'CACHED'),
    peers: READS,
    aims: [{ inFlight: 64, daemonCpu: 70 }],
    quick: true,
  },
  {
    name: 'config read, linearizable, gRPC',
    ours: (world) => readOverGrpc(world.ours, 'LINEARIZABLE'),
    peers: READS,
  },
  {
    name: 'config read, linearizable, HTTP',
    ours: (world) => readOverHttp(world.ours, 'LINEARIZABLE'),
    peers: READS,
  },
  { name: 'config write, gRPC', ours: (world) => writeOverGrpc(world.ours), peers: [putToEtcd] },
  {
    name: 'config write, gRPC, embedded',
    ours: (world) => writeOverGrpc(world.embedded),
    peers: [putToEtcd],
  },
  {
    name: 'config read, cached, gRPC, embedded',
    ours: (world) => readOverGrpc(world.embedded, 'CACHED'),
    peers: READS,
  },
];
