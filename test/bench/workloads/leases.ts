import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Operation } from '../measure.js';
import type { Message } from '../stubs.js';
import { check, freshName, type Side, type Workload } from '../workload.js';
import { etcdLease, session, type Answer, type Ours } from '../world.js';

/** Each lease lives on for its TTL; the shortest keeps their number down. */
const TTL = { seconds: 10 };

function createOverGrpc(ours: Ours): Operation {
  const prefix = freshName('lease');
  return async (worker, turn) => {
    const key = `${prefix}-${worker}-${turn}`;
    const answer = await ours.leases.call('CreateLease', { key, value: key, ttl: TTL });
    check(answer.acquired === true, 'the key was free');
  };
}

function createOverHttp(
  post: (method: string, path: string, body: unknown) => Promise<Answer>,
  path: string,
): Operation {
  const prefix = freshName('lease');
  return async (worker, turn) => {
    const key = `${prefix}-${worker}-${turn}`;
    const answer = await post('POST', path, { key, value: key });
    check(answer.status === 201 && /^\d+$/.test(answer.body), 'the key was free');
  };
}

const original: Side = {
  name: "the original's four round trips",
  make: (world) => createOverHttp(world.original, '/original/lease'),
};

/** A stream for each renewal, as etcd's clients renew once. */
const unaryToEtcd: Side = {
  name: 'unary keepalive to etcd',
  make: async (world) => {
    const ID = await etcdLease(world);
    return () =>
      new Promise((resolve, reject) => {
        const stream = world.etcdLeases.duplex('LeaseKeepAlive');
        stream.once('data', (answer: Message) => {
          if (answer.TTL === '0') reject(new Error('the lease has ended'));
          stream.end();
          resolve();
        });
        stream.on('error', reject);
        stream.write({ ID });
      });
  },
};

async function keepAliveUnary(ours: Ours): Promise<Operation> {
  const leaseId = await session(ours);
  return async () => {
    const answer = await ours.leases.call('KeepAlive', { leaseId });
    check(answer.leaseId === leaseId, 'the lease lives');
  };
}

async function keepAliveOverHttp(ours: Ours): Promise<Operation> {
  const leaseId = await session(ours);
  return async () => {
    const { status } = await ours.http('POST', `/v1/leases/${leaseId}:keepAlive`);
    check(status === 200, 'the lease lives');
  };
}

/** All renewals through one stream; each worker has a lease of its own. */
async function keepAliveStream(ours: Ours): Promise<Operation> {
  const leases = await Promise.all(Array.from({ length: 256 }, () => session(ours)));
  const answers = new Answers(ours.leases.duplex('KeepAliveStream'));
  return (worker) => answers.renew(leases[worker] ?? '');
}

class Answers {
  readonly #stream: ClientDuplexStream<Message, Message>;
  readonly #waiting = new Map<string, () => void>();

  constructor(stream: ClientDuplexStream<Message, Message>) {
    this.#stream = stream;
    // It ends with the world.
    stream.on('error', () => undefined);
    stream.on('data', ({ leaseId, code }: Message) => {
      check(code === 0, 'the lease lives');
      this.#waiting.get(String(leaseId))?.();
    });
  }

  renew(leaseId: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(leaseId, resolve);
      this.#stream.write({ leaseId });
    });
  }
}

export const leaseWorkloads: readonly Workload[] = [
  {
    name: 'lease create with key, HTTP',
    ours: (world) => createOverHttp(world.ours.http, '/lease'),
    peers: [original],
    inFlight: [1, 64, 150, 256],
    aims: [{ inFlight: 150, ratio: 3, calls: { wire: 'HTTP', perOperation: 1 } }],
    quick: true,
  },
  {
    name: 'lease create with key, HTTP, embedded',
    ours: (world) => createOverHttp(world.embedded.http, '/lease'),
    peers: [original],
  },
  {
    name: 'lease create with key, gRPC',
    ours: (world) => createOverGrpc(world.ours),
    peers: [original],
  },
  {
    name: 'keepalive, unary gRPC',
    ours: (world) => keepAliveUnary(world.ours),
    peers: [unaryToEtcd],
  },
  { name: 'keepalive, HTTP', ours: (world) => keepAliveOverHttp(world.ours), peers: [unaryToEtcd] },
  {
    name: 'keepalive, stream',
    ours: (world) => keepAliveStream(world.ours),
    peers: [unaryToEtcd],
    aims: [{ inFlight: 64, ratio: 1.5 }],
    quick: true,
  },
  {
    name: 'keepalive, stream, embedded',
    ours: (world) => keepAliveStream(world.embedded),
    peers: [unaryToEtcd],
  },
];
