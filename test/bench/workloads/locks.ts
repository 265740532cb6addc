import type { Operation } from '../measure.js';
import type { Message, Stub } from '../stubs.js';
import { check, freshName, type Side, type Workload } from '../workload.js';
import { etcdLease, session, type Ours, type World } from '../world.js';

async function acquireAndRelease(
  ours: Ours,
  locks: Pick<Stub, 'call'> = ours.locks,
): Promise<Operation> {
  const leaseId = await session(ours);
  const prefix = freshName('lock');
  return async (worker) => {
    const name = `${prefix}-${worker}`;
    const answer = await locks.call('Acquire', { name, leaseId });
    check(answer.acquired === true, 'the lock was free');
    const { released } = await locks.call('Release', { name, leaseId });
    check(released === true, 'the lock was held');
  };
}

const etcdLockService: Side = {
  name: "etcd's Lock service",
  make: async (world) => {
    const lease = await etcdLease(world);
    const prefix = freshName('lock');
    return async (worker) => {
      const name = Buffer.from(`${prefix}-${worker}`);
      const { key } = await world.etcdLocks.call('Lock', { name, lease });
      check((key as Buffer).length > name.length, 'a key of the lock');
      await world.etcdLocks.call('Unlock', { key });
    };
  },
};

const etcdElectionService: Side = {
  name: "etcd's Election service",
  make: async (world) => {
    const lease = await etcdLease(world);
    const prefix = freshName('election');
    return async (worker) => {
      const name = Buffer.from(`${prefix}-${worker}`);
      const { leader } = await world.etcdElections.call('Campaign', { name, lease, value: name });
      check((leader as Message).lease === lease, 'the lease leads');
      await world.etcdElections.call('Resign', { leader });
    };
  },
};

/** A conditional put and a delete, under a lease that is there. */
const directRecipe: Side = {
  name: 'direct recipe',
  make: async (world) => {
    const lease = await etcdLease(world);
    const prefix = freshName('direct');
    return async (worker) => {
      const key = Buffer.from(`${prefix}-${worker}`);
      const taken = await world.kv.call('Txn', takeIfFree(key, lease));
      check(taken.succeeded === true, 'the key was free');
      const { deleted } = await world.kv.call('DeleteRange', { key });
      check(deleted === '1', 'the key was there');
    };
  },
};

function takeIfFree(key: Buffer, lease: string): Message {
  return {
    compare: [{ key, target: 'Create', result: 'Equal', create_revision: 0 }],
    success: [{ request_put: { key, value: key, lease } }],
    failure: [{ request_range: { key } }],
  };
}

function tryHeld(ours: Ours): Promise<Operation> {
  return withHeld(ours, async (name) => {
    const answer = await ours.locks.call('Acquire', { name });
    check(answer.acquired === false, 'the lock is held');
  });
}

async function withHeld(ours: Ours, turn: (name: string) => Promise<void>): Promise<Operation> {
  const name = freshName('held');
  await ours.locks.call('Acquire', { name, leaseId: await session(ours) });
  return () => turn(name);
}

const tryHeldDirectly: Side = {
  name: 'direct recipe',
  make: async (world: World) => {
    const key = Buffer.from(freshName('held'));
    const lease = await etcdLease(world);
    await world.kv.call('Txn', takeIfFree(key, lease));
    return async () => {
      const { succeeded } = await world.kv.call('Txn', takeIfFree(key, lease));
      check(succeeded === false, 'the key is there');
    };
  },
};

/** The same daemon, by a call of gRPC each. */
const unaryCalls = (of: (world: World) => Ours): Side => ({
  name: 'unary gRPC',
  make: (world) => acquireAndRelease(of(world)),
});

export const lockWorkloads: readonly Workload[] = [
  {
    name: 'acquire + release, gRPC',
    ours: (world) => acquireAndRelease(world.ours),
    peers: [etcdLockService, etcdElectionService, directRecipe],
    quick: true,
  },
  {
    name: 'acquire + release, gRPC, embedded',
    ours: (world) => acquireAndRelease(world.embedded),
    peers: [etcdLockService],
  },
  {
    name: 'acquire + release, client library',
    ours: ({ ours }) => acquireAndRelease(ours, ours.library.locks),
    peers: [etcdLockService, unaryCalls(({ ours }) => ours)],
    aims: [
      { inFlight: 64, ratio: 1.2 },
      { inFlight: 256, ratio: 2 },
    ],
    quick: true,
  },
  {
    name: 'acquire + release, client library, embedded',
    ours: ({ embedded }) => acquireAndRelease(embedded, embedded.library.locks),
    peers: [unaryCalls(({ embedded }) => embedded)],
  },
  {
    name: 'try a held lock, gRPC',
    ours: (world) => tryHeld(world.ours),
    peers: [tryHeldDirectly],
  },
];
