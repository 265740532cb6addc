import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import {
  LimitedProcess,
  type JobLimits,
  type JobOutcome,
} from '../../../src/workers/limited-process.js';
import { isAlive } from '../../support/processes.js';
import type { TestJob } from '../../support/worker-program.js';
import { until } from '../../support/until.js';

const PROGRAM = new URL('../../support/worker-program.js', import.meta.url);
const LIMITS: JobLimits = { cpuMs: 200, wallMs: 15_000, leftCpuMs: 50 };

describe('LimitedProcess', function () {
  this.timeout(60_000);
  const clock = new SystemClock();
  let worker: LimitedProcess;

  beforeEach(() => {
    worker = new LimitedProcess({ program: PROGRAM, clock, memoryMiB: 64, idleMs: 60_000 });
  });

  afterEach(() => worker.stop());

  const run = async (
    job: TestJob,
    limits: Partial<JobLimits> = {},
    signal = new AbortController().signal,
  ): Promise<JobOutcome[]> => {
    const outcomes: JobOutcome[] = [];
    await worker.run(job, { ...LIMITS, ...limits }, signal, (outcome) => outcomes.push(outcome));
    return outcomes;
  };
  const echo = async (): Promise<unknown> => (await run({ do: 'echo', text: 'x' }))[0];

  const pid = async (): Promise<number> => {
    const [outcome] = await run({ do: 'pid' });
    return outcome?.kind === 'done' ? Number(outcome.value) : 0;
  };

  it('does one job after the other in the same process', async () => {
    expect(await echo()).to.include({ kind: 'done', value: 'x' });
    const first = await pid();
    expect(first).to.be.above(0).and.not.equal(process.pid);
    expect(await pid()).to.equal(first);
  });

  it('says that it could not be started, and ends nobody else, without a free file descriptor', () => {
    const program = fileURLToPath(new URL('../../support/no-descriptors.js', import.meta.url));
    const words = [...process.execArgv, program.replace(/js$/, 'ts')];
    const script = 'ulimit -n 200; exec "$0" "$@"';
    const run = spawnSync('/bin/sh', ['-c', script, process.execPath, ...words], {
      encoding: 'utf8',
    });
    expect(run.stderr).to.equal('');
    expect(run.stdout).to.match(/EMFILE/);
  });

  it('ends a job that uses up its CPU time, says what it was at, and begins anew', async () => {
    expect(await run({ do: 'spin' })).to.deep.equal([{ kind: 'tooSlow', note: 'at spin' }]);
    expect(await echo()).to.include({ kind: 'done' });
  });

  it('does not end a job that gets no CPU time; its caller is told, and it goes on', async () => {
    await echo();
    const outcomes = await run({ do: 'wait', ms: 800 }, { cpuMs: 100, wallMs: 300 });
    expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['starved', 'done']);
  });

  it('gives a job that nobody waits for little CPU time', async () => {
    await echo();
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 50);
    const startMs = performance.now();
    const outcomes = await run({ do: 'spin' }, { cpuMs: 60_000 }, controller.signal);
    expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['left', 'tooSlow']);
    expect(performance.now() - startMs).to.be.below(30_000);
  });

  it('survives a job that uses up the memory', async () => {
    const [outcome] = await run({ do: 'allocate' }, { cpuMs: 20_000 });
    expect(outcome).to.deep.equal({ kind: 'tooLarge', note: 'at allocate' });
    expect(await echo()).to.include({ kind: 'done' });
  });

  for (const job of ['throw', 'exit'] as const) {
    it(`takes it for a defect if a job makes the process ${job}`, async () => {
      expect((await run({ do: job }))[0]).to.include({ kind: 'failed' });
      expect(await echo()).to.include({ kind: 'done' });
    });
  }

  it('takes it for a defect if the program is not there', async () => {
    const program = new URL('./nothing.js', import.meta.url);
    worker = new LimitedProcess({ program, clock, memoryMiB: 64, idleMs: 60_000 });
    expect((await run({ do: 'spin' }))[0]).to.include({ kind: 'failed' });
  });

  it('ends when it was idle for a while', async () => {
    worker = new LimitedProcess({ program: PROGRAM, clock, memoryMiB: 64, idleMs: 50 });
    const first = await pid();
    await until('the process ends', () => !isAlive(first));
    expect(await echo()).to.include({ kind: 'done' });
  });

  it('does not mind signals that are meant for the daemon', async () => {
    const first = await pid();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(first, signal);
    expect(await pid()).to.equal(first);
  });

  it('has a deeper stack than this process', async () => {
    const [outcome] = await run({ do: 'recurse' });
    expect(outcome).to.have.property('value').above(50_000);
  });

  it('ends with the process that started it', async () => {
    const text = `
      import { SystemClock } from './src/clock/system-clock.ts';
      import { LimitedProcess } from './src/workers/limited-process.ts';
      const program = new URL('file://${PROGRAM.pathname}');
      const worker = new LimitedProcess({ program, clock: new SystemClock(), memoryMiB: 64, idleMs: 60_000 });
      const kept = setInterval(() => undefined, 1000);
      const limits = { cpuMs: 200, wallMs: 15_000, leftCpuMs: 50 };
      await worker.run({ do: 'pid' }, limits, new AbortController().signal, ({ value }) => console.log(value));
      clearInterval(kept);`;
    const args = ['--import=tsx/esm', '--input-type=module', '--eval', text];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(Number(stdout)).to.be.above(0);
    await until('the process ends', () => !isAlive(Number(stdout)));
  });

  it('is limited by the system too', async () => {
    const of = `/proc/${await pid()}`;
    expect(readFileSync(`${of}/oom_score_adj`, 'utf8')).to.equal('1000\n');
    const limits = readFileSync(`${of}/limits`, 'utf8');
    expect(limits)
      .to.match(/^Max cpu time +120 +120 /m)
      .and.match(/^Max core file size +0 /m);
  });
});
