import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import {
  LimitedThread,
  type JobLimits,
  type JobOutcome,
} from '../../../src/threads/limited-thread.js';
import type { TestJob } from '../../support/thread-program.js';
import { until } from '../../support/until.js';

const PROGRAM = new URL('../../support/thread-program.js', import.meta.url);
const LIMITS: JobLimits = { cpuMs: 200, wallMs: 15_000, leftCpuMs: 50 };

describe('LimitedThread', function () {
  this.timeout(60_000);
  const clock = new SystemClock();
  let thread: LimitedThread;

  beforeEach(() => {
    thread = new LimitedThread({ program: PROGRAM, clock, memoryMiB: 64, idleMs: 60_000 });
  });

  afterEach(() => thread.stop());

  const run = async (
    job: TestJob,
    limits: Partial<JobLimits> = {},
    signal = new AbortController().signal,
  ): Promise<JobOutcome[]> => {
    const outcomes: JobOutcome[] = [];
    await thread.run(job, { ...LIMITS, ...limits }, signal, (outcome) => outcomes.push(outcome));
    return outcomes;
  };
  const echo = async (): Promise<unknown> => (await run({ do: 'echo', text: 'x' }))[0];

  it('does one job after the other in the same thread', async () => {
    expect(await echo()).to.include({ kind: 'done', value: 'x' });
    const threads = threadCount();
    expect(await echo()).to.include({ kind: 'done', value: 'x' });
    expect(threadCount()).to.equal(threads);
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
    it(`takes it for a defect if a job makes the thread ${job}`, async () => {
      expect((await run({ do: job }))[0]).to.include({ kind: 'failed' });
      expect(await echo()).to.include({ kind: 'done' });
    });
  }

  it('takes it for a defect if the program is not there', async () => {
    const program = new URL('./nothing.js', import.meta.url);
    thread = new LimitedThread({ program, clock, memoryMiB: 64, idleMs: 60_000 });
    expect((await run({ do: 'spin' }))[0]).to.include({ kind: 'failed' });
  });

  it('ends when it was idle for a while', async () => {
    thread = new LimitedThread({ program: PROGRAM, clock, memoryMiB: 64, idleMs: 50 });
    const before = threadCount();
    await echo();
    await until('the thread ends', () => threadCount() <= before);
    expect(await echo()).to.include({ kind: 'done' });
  });
});

/** Of this process. */
function threadCount(): number {
  return readdirSync('/proc/self/task').length;
}
