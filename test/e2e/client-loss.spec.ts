import { expect } from 'chai';
import { Child } from '../support/child.js';
import { CUTS, cutOffDaemon } from './cut-off-daemon.js';
import { eventually } from './worlds.js';

const TTL_MS = 2000;
const LOCKS = 4;

/** One round each, with several locks at a time. */
const ROUNDS: typeof CUTS = [
  ...CUTS,
  [
    'is refused',
    (proxy) => {
      proxy.refuse();
      proxy.cut();
    },
  ],
];

describe('A client whose lock is lost', function () {
  this.timeout(90_000);
  const on = cutOffDaemon();
  let holder: Child;

  before(() => {
    holder = new Child('client-holder.ts', [on.cutOff.grpcAddress, String(TTL_MS)]);
  });

  after(() => holder.kill());

  /** What the holder's process says of a lock, once it does. */
  const says = async (word: 'held' | 'lost' | 'released', name: string): Promise<string[]> => {
    const start = `${word} ${name} `;
    const find = (): string | undefined => holder.lines.find((line) => line.startsWith(start));
    await holder.until(() => find() !== undefined);
    return find()?.slice(start.length).split(' ') ?? [];
  };

  for (const [how, cut] of ROUNDS) {
    it(`is told before the next holder is granted it: its daemon ${how}`, async () => {
      const { proxy, waiter } = on;
      const names = Array.from({ length: LOCKS }, (_, index) => `${how} ${index}`);
      holder.write(names.map((name) => `${name}\n`).join(''));
      const tokens = await Promise.all(names.map((name) => says('held', name)));
      const granted = names.map((name) =>
        waiter.acquire(name).then((lock) => ({ lock, atNs: process.hrtime.bigint() })),
      );
      await Promise.all(
        names.map((name) =>
          eventually('it queues', async () => (await waiter.locks.get(name)).waiterCount === 1),
        ),
      );
      cut(proxy);
      const next = await Promise.all(granted);
      proxy.heal();
      for (const [index, { lock, atNs }] of next.entries()) {
        const [lostAtNs = '', why] = await says('lost', lock.name);
        // Of one clock: the signal came in another process.
        expect(Number(atNs - BigInt(lostAtNs))).to.be.above(0);
        expect(why).to.equal('UNREACHABLE');
        expect(lock.fencingToken).to.be.above(Number(tokens[index]?.[0]));
        expect(await says('released', lock.name)).to.deep.equal(['false']);
      }
      await Promise.all(next.map(({ lock }) => lock.release()));
    });
  }
});
