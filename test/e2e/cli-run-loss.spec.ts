import { expect } from 'chai';
import { CliProcess } from '../support/cli-process.js';
import { isAlive } from '../support/processes.js';
import { CUTS, cutOffDaemon } from './cut-off-daemon.js';
import { eventually } from './worlds.js';

/** Lost 3 s after the last renewal: a crowded machine needs that to start the commands of a round. */
const TTL = '4s';
const AT_A_TIME = 5;
const POLL_MS = 5;

/** Half of the commands take no notice of SIGTERM. */
const SCRIPTS = ['exec sleep 60', 'trap "" TERM; while :; do sleep 1; done'] as const;

describe('shared-lock run, when its daemon is cut off from etcd', function () {
  this.timeout(90_000);
  const on = cutOffDaemon();

  interface Guarded {
    readonly run: CliProcess;
    /** When it was first seen dead, on the clock that the waiters use too. */
    readonly deadAtMs: () => number;
    readonly granted: Promise<number>;
  }

  const start = async (name: string, script: string): Promise<Guarded> => {
    const { cutOff, waiter } = on;
    const args = ['run', name, '--ttl', TTL, '--', 'sh', '-c'];
    const run = new CliProcess([...args, `echo "pid $$"; ${script}`], {
      address: cutOff.grpcAddress,
    });
    const [, pid = ''] = await run.says(/pid ([0-9]+)\n/);
    let deadAtMs = Infinity;
    const timer = setInterval(() => {
      if (isAlive(Number(pid))) return;
      deadAtMs = performance.now();
      clearInterval(timer);
    }, POLL_MS);
    const granted = waiter.acquire(name).then((lock) => {
      const atMs = performance.now();
      return lock.release().then(() => atMs);
    });
    await eventually('it queues', async () => (await waiter.locks.get(name)).waiterCount === 1);
    return { run, granted, deadAtMs: () => deadAtMs };
  };

  /** One round each, with several commands at a time. */
  for (const [how, cut] of CUTS) {
    it(`kills the command before the next holder is granted the lock: it ${how}`, async () => {
      const { cutOff, proxy } = on;
      await eventually('its daemon has etcd', async () => {
        const { status } = await fetch(`${cutOff.url}/readyz`);
        return status === 200;
      });
      const guarded = await Promise.all(
        Array.from({ length: AT_A_TIME }, (_, at) =>
          start(`${how} ${at}`, SCRIPTS[at % SCRIPTS.length] ?? ''),
        ),
      );
      cut(proxy);
      const grantedAtMs = await Promise.all(guarded.map(({ granted }) => granted));
      proxy.heal();
      const ends = await Promise.all(guarded.map(({ run }) => run.ended));
      for (const [at, { deadAtMs }] of guarded.entries()) {
        expect(deadAtMs()).to.be.below(grantedAtMs[at] ?? 0);
        expect(ends[at]?.code).to.equal(70);
        // Once, in one line.
        expect(ends[at]?.err).to.match(/^[^\n]*\blost\b[^\n]*\n$/);
      }
    });
  }
});
