import { expect } from 'chai';
import type { Program } from '../support/child.js';
import { SingletonWorkers } from '../support/singleton-workers.js';
import type { Form, Work } from '../support/singleton-workers.js';
import { httpClient } from '../support/wire-client.js';
import { daemonOf, embeddedWorld, etcdWorld, eventually } from './worlds.js';
import type { World } from './worlds.js';

const CASES: readonly (readonly [Form, string, () => Promise<World>])[] = [
  ['client', 'embedded', embeddedWorld],
  ['client', 'etcd', etcdWorld],
  ['http', 'embedded', embeddedWorld],
  ['shell', 'embedded', embeddedWorld],
];

for (const [form, engine, open] of CASES) {
  describe(`Three workers of the example's ${form} form, on ${engine}`, function () {
    this.timeout(60_000);
    const on = daemonOf(open);
    let workers: SingletonWorkers;

    before(() => {
      workers = new SingletonWorkers(on.daemon);
      for (let count = 0; count < 3; count++) workers.start(form);
    });

    after(() => workers.dispose());

    const twoWait = async (): Promise<boolean> => {
      // The original's /lease has no queue: who uses it asks again and again.
      if (form === 'http') return workers.told('waits for its turn') === 3;
      const lock = await httpClient(on.daemon.url).call('GetLock', { name: 'singleton-worker' });
      return lock.waiterCount === 2;
    };

    /** The first write of another worker since. */
    const takeOverFrom = async (former: Work): Promise<Work> => {
      const next = (): Work | undefined =>
        workers.works.find(({ worker, count }) => worker !== former.worker && count > former.count);
      await workers.eventually('another takes over', () => next() !== undefined);
      return next() ?? former;
    };

    const end = async ({ worker }: Work, signal: NodeJS.Signals): Promise<void> => {
      worker.signal(signal);
      await worker.ended();
      workers.start(form);
    };

    it('are one that works and two that wait', async () => {
      await eventually('two wait', twoWait);
      const { length } = workers.works;
      await workers.eventually('one works', () => workers.works.length >= length + 2);
      expect(new Set(workers.works.map(({ worker }) => worker))).to.have.property('size', 1);
    });

    it('hand over when the one is told to stop', async () => {
      const former = workers.last;
      await end(former, 'SIGTERM');
      expect((await takeOverFrom(former)).token).to.be.above(former.token);
      // A shell script that does not trap it dies of it.
      expect(former.worker.exitCode).to.equal(form === 'shell' ? 143 : 0);
    });

    it('hand over when the one is killed', async () => {
      const former = workers.last;
      await end(former, 'SIGKILL');
      expect((await takeOverFrom(former)).token).to.be.above(former.token);
    });

    context('when the one is paused beyond its TTL', () => {
      let paused: Work;
      let next: Work;

      /** Of the shell form the guard of `run` ended the script, so that it can't tell: we start it for that. */
      const speaker = (): Program =>
        form === 'shell' ? workers.startScript(paused.token) : paused.worker;

      before(async () => {
        paused = workers.last;
        paused.worker.signal('SIGSTOP');
        next = await takeOverFrom(paused);
      });

      it('hand over', () => {
        expect(next.token).to.be.above(paused.token);
      });

      it('refuse what it writes when it wakes up', async () => {
        paused.worker.signal('SIGCONT');
        const line = `too late: token ${paused.token}, refused, STALE_TOKEN`;
        const { lines } = speaker();
        await workers.eventually(line, () => lines.some((told) => told.endsWith(line)));
      });

      it('work on without it', async () => {
        const { length } = workers.works;
        await workers.eventually('one works', () => workers.works.length >= length + 2);
        const late = workers.works.findLast(({ token }) => token === paused.token);
        expect(late?.count).to.be.below(next.count);
        if (form === 'shell') expect(paused.worker.exitCode).to.equal(70);
      });
    });

    context('all in all', () => {
      it('were never two that could write', () => {
        const { works } = workers;
        const workerOf = new Map(works.map(({ token, worker }) => [token, worker]));
        expect(workerOf).to.have.property('size').that.is.at.least(4);
        for (const [index, { token, worker }] of works.entries()) {
          expect(workerOf.get(token)).to.equal(worker);
          expect(token).to.be.at.least(works[index - 1]?.token ?? 0);
        }
      });
    });
  });
}
