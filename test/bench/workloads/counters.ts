import type { Operation } from '../measure.js';
import type { Message } from '../stubs.js';
import { check, freshName, type Side, type Workload } from '../workload.js';
import type { Ours } from '../world.js';

const MANY = 1000;

/** The sum of what was added is checked by each answer being another value. */
function add(ours: Ours, counters: number): Operation {
  const prefix = freshName('counter');
  const last = new Map<string, bigint>();
  return async (worker, turn) => {
    const name = `${prefix}-${(worker * 31 + turn) % counters}`;
    const { value, previous } = await ours.counters.call('Add', { name, delta: 1 });
    check(BigInt(String(value)) === BigInt(String(previous)) + 1n, 'one was added');
    if (counters === 1) {
      const seen = last.get(`${name} ${worker}`) ?? 0n;
      check(BigInt(String(value)) > seen, 'a value of its own');
      last.set(`${name} ${worker}`, BigInt(String(value)));
    }
  };
}

/** Read, compare and set, from the start if somebody was faster. */
function compareAndSetLoop(counters: number): Side {
  return {
    name: 'compare-and-set loop',
    make: (world) => {
      const prefix = freshName('cas');
      return async (worker, turn) => {
        const key = Buffer.from(`${prefix}-${(worker * 31 + turn) % counters}`);
        for (;;) {
          const { kvs } = await world.kv.call('Range', { key });
          const [found] = kvs as { value: Buffer; mod_revision: string }[];
          const value = Buffer.from(String(Number(found?.value.toString() ?? 0) + 1));
          const { succeeded } = await world.kv.call('Txn', {
            compare: [
              { key, target: 'Mod', result: 'Equal', mod_revision: found?.mod_revision ?? 0 },
            ],
            success: [{ request_put: { key, value } }],
          } satisfies Message);
          if (succeeded === true) return;
        }
      };
    },
  };
}

export const counterWorkloads: readonly Workload[] = [
  {
    name: 'one hot counter',
    ours: (world) => add(world.ours, 1),
    peers: [compareAndSetLoop(1)],
    aims: [{ inFlight: 64, ratio: 10 }],
    quick: true,
  },
  {
    name: '1,000 counters',
    ours: (world) => add(world.ours, MANY),
    peers: [compareAndSetLoop(MANY)],
  },
  {
    name: 'one hot counter, embedded',
    ours: (world) => add(world.embedded, 1),
    peers: [compareAndSetLoop(1)],
  },
];
