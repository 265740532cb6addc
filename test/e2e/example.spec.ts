import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Program } from '../support/child.js';
import { sharedPolicy } from '../support/manifests.js';
import { SingletonWorkers } from '../support/singleton-workers.js';
import type { Form, Work } from '../support/singleton-workers.js';
import { httpClient } from '../support/wire-client.js';
import { AUDIENCE, ISSUER, Signer } from '../unit/access/tokens.js';
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

    const end = async ({ worker }: Work, signal: NodeJS.Signals): Promise<void> => {
      worker.signal(signal);
      await worker.ended();
      workers.start(form);
    };

    it('are one that works and two that wait', async () => {
      await eventually('two wait', twoWait);
      await workers.goOn();
      expect(new Set(workers.works.map(({ worker }) => worker))).to.have.property('size', 1);
    });

    it('hand over when the one is told to stop', async () => {
      const former = workers.last;
      await end(former, 'SIGTERM');
      expect((await workers.takeOverFrom(former)).token).to.be.above(former.token);
      // A shell script that does not trap it dies of it.
      expect(former.worker.exitCode).to.equal(form === 'shell' ? 143 : 0);
    });

    it('hand over when the one is killed', async () => {
      const former = workers.last;
      await end(former, 'SIGKILL');
      expect((await workers.takeOverFrom(former)).token).to.be.above(former.token);
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
        next = await workers.takeOverFrom(paused);
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
        await workers.goOn();
        const late = workers.works.findLast(({ token }) => token === paused.token);
        expect(late?.count).to.be.below(next.count);
        if (form === 'shell') expect(paused.worker.exitCode).to.equal(70);
      });
    });

    context('all in all', () => {
      it('were never two that could write', () => {
        expect(holdersInTurn(workers.works)).to.be.at.least(4);
      });
    });
  });
}

describe("Workers of the example's three forms together", function () {
  this.timeout(60_000);
  const on = daemonOf(embeddedWorld);
  let workers: SingletonWorkers;

  before(() => {
    workers = new SingletonWorkers(on.daemon);
  });

  after(() => workers.dispose());

  const queued = (count: number) => async (): Promise<boolean> => {
    const lock = await httpClient(on.daemon.url).call('GetLock', { name: 'singleton-worker' });
    return lock.waiterCount === count;
  };

  const killed = async (former: Work): Promise<Work> => {
    await former.worker.kill();
    return workers.takeOverFrom(former);
  };

  it('exclude each other, and each takes over from another one', async () => {
    const http = workers.start('http');
    await workers.goOn();
    const client = workers.start('client');
    await eventually('one waits', queued(1));
    const shell = workers.start('shell');
    await eventually('two wait', queued(2));
    await workers.goOn();
    expect(workers.last.worker).to.equal(http);

    expect(await killed(workers.last)).to.include({ worker: client });
    expect(await killed(workers.last)).to.include({ worker: shell });
    const another = workers.start('http');
    await workers.eventually('it asks', () => another.lines.length > 0);
    await workers.goOn();
    expect(workers.last.worker).to.equal(shell);
    expect(await killed(workers.last)).to.include({ worker: another });
    expect(holdersInTurn(workers.works)).to.equal(4);
  });
});

/** How many held the lock. Fails if two of them could write in turns, or with one token. */
function holdersInTurn(works: readonly Work[]): number {
  const workerOf = new Map(works.map(({ token, worker }) => [token, worker]));
  for (const [index, { token, worker }] of works.entries()) {
    expect(workerOf.get(token)).to.equal(worker);
    expect(token).to.be.at.least(works[index - 1]?.token ?? 0);
  }
  return workerOf.size;
}

describe("Workers of the example's three forms, at a daemon with the policy of the shared service", function () {
  this.timeout(60_000);
  const signer = Signer.make('one');
  let folder: string;
  const on = daemonOf(embeddedWorld, async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-example-'));
    await writeFile(join(folder, 'policy.yaml'), sharedPolicy());
    await writeFile(join(folder, 'jwks.json'), JSON.stringify({ keys: [signer.publicJwk] }));
    const sub = 'system:serviceaccount:default:shared-worker';
    await writeFile(join(folder, 'token'), await signer.token(Date.now(), { sub }));
    return {
      env: {
        SHARED_LOCK_AUTH_MODE: 'enforce',
        SHARED_LOCK_AUTH_POLICY_PATH: join(folder, 'policy.yaml'),
        SHARED_LOCK_AUTH_JWT_ISSUER: ISSUER,
        SHARED_LOCK_AUTH_JWT_AUDIENCE: AUDIENCE,
        SHARED_LOCK_AUTH_JWT_JWKS_PATH: join(folder, 'jwks.json'),
      },
    };
  });
  after(() => rm(folder, { recursive: true }));

  for (const form of ['client', 'http', 'shell'] as const) {
    it(`work with a token file: ${form}`, async () => {
      const workers = new SingletonWorkers(on.daemon, {
        SHARED_LOCK_TOKEN_FILE: join(folder, 'token'),
      });
      workers.start(form);
      await workers.goOn();
      await workers.dispose();
    });

    it(`are refused without one: ${form}`, async () => {
      const workers = new SingletonWorkers(on.daemon);
      const refused = workers.start(form);
      const said = (): string => `${refused.lines.join('\n')}\n${refused.errors}`;
      await workers.eventually('a refusal', () => said().includes('wants to know who calls'));
      await workers.dispose();
    });
  }
});
