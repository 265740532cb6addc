import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock/clock.js';
import { cpuMeterOf, type CpuMeter } from './cpu-meter.js';
import type { ThreadAnswer, ThreadReady } from './inside.js';
import { Note } from './note.js';

/** What a job has come to. */
export type JobOutcome =
  | { readonly kind: 'done'; readonly value: unknown; readonly cpuMs: number }
  /** It used up its CPU time, at what `note` says; the thread was ended. */
  | { readonly kind: 'tooSlow'; readonly note: string }
  /** It used up the memory of the thread, which ended. */
  | { readonly kind: 'tooLarge'; readonly note: string }
  /** The machine did not give it the CPU time that it may use. It goes on: what it prepares for the next one is not lost. */
  | { readonly kind: 'starved' }
  /** Nobody waits for it any more. */
  | { readonly kind: 'left' }
  /** A defect. */
  | { readonly kind: 'failed'; readonly error: unknown };

export interface JobLimits {
  /** CPU time of the thread. */
  readonly cpuMs: number;
  /** Time on the clock before a job counts as starved, with the start of the thread if it has to be started. */
  readonly wallMs: number;
  /** CPU time of a job that nobody waits for any more, all in all. */
  readonly leftCpuMs: number;
}

export interface LimitedThreadOptions {
  /** The program, which calls `serveJobs`. */
  readonly program: URL;
  /** Real time: a thread runs in it. */
  readonly clock: Clock;
  readonly memoryMiB: number;
  /** A thread without a job ends after that. */
  readonly idleMs: number;
}

interface Running {
  readonly worker: Worker;
  readonly cpu: CpuMeter;
}

/** Four times the default: code that is generated nests as deep as what it is generated for is long. */
const STACK_MIB = 16;

/** Not looked at more often than that. */
const MIN_LOOK_MS = 2;

/**
 * A thread that does one job at a time, each within a limit of CPU time: is it reached, the thread is ended, and the next job
 * begins another. It is started for its first job, and does not keep the process alive.
 */
export class LimitedThread {
  readonly #options: LimitedThreadOptions;
  readonly #note = new Note();
  #running: Promise<Running> | undefined;
  #worker: Worker | undefined;
  #idle: Timer | undefined;

  constructor(options: LimitedThreadOptions) {
    this.#options = options;
  }

  /** Does one job, and not another before it resolves: the thread is free then. The first call of `settle` counts, and may come before. */
  async run(
    job: unknown,
    limits: JobLimits,
    signal: AbortSignal,
    settle: (outcome: JobOutcome) => void,
  ): Promise<void> {
    this.#idle?.cancel();
    const { clock } = this.#options;
    const starved = clock.timer(limits.wallMs, () => settle({ kind: 'starved' }));
    try {
      const running = await this.#start();
      const outcome = await this.#watch(running, job, limits, signal, settle);
      settle(outcome);
      if (outcome.kind !== 'done') await this.stop();
    } catch (error) {
      settle({ kind: 'failed', error });
      await this.stop();
    } finally {
      starved.cancel();
      this.#idle = clock.timer(this.#options.idleMs, () => void this.stop());
    }
  }

  /** Ends the thread. The next job begins another. */
  async stop(): Promise<void> {
    this.#idle?.cancel();
    const worker = this.#worker;
    this.#worker = undefined;
    this.#running = undefined;
    await worker?.terminate();
  }

  #start(): Promise<Running> {
    this.#running ??= this.#startAnew();
    return this.#running;
  }

  #startAnew(): Promise<Running> {
    const { program, memoryMiB, clock } = this.#options;
    const worker = new Worker(program, {
      workerData: this.#note.memory,
      resourceLimits: {
        maxOldGenerationSizeMb: memoryMiB,
        maxYoungGenerationSizeMb: 16,
        stackSizeMb: STACK_MIB,
      },
    });
    worker.unref();
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.once('message', ({ threadId }: ThreadReady) => {
        resolve({ worker, cpu: cpuMeterOf(threadId, clock) });
      });
      worker.once('error', reject);
      worker.once('exit', (code) => {
        reject(new Error(`the thread ended with ${code}`));
        if (this.#worker === worker) void this.stop();
      });
    });
  }

  /** Sends the job, and looks at the CPU time of the thread until it has answered, or used up what it has. */
  #watch(
    { worker, cpu }: Running,
    job: unknown,
    limits: JobLimits,
    signal: AbortSignal,
    settle: (outcome: JobOutcome) => void,
  ): Promise<JobOutcome> {
    const { clock } = this.#options;
    const startMs = cpu();
    const note = this.#note;
    note.write('');
    let limitMs = limits.cpuMs;
    let timer: Timer | undefined;
    return new Promise((resolve) => {
      const end = (outcome: JobOutcome): void => {
        timer?.cancel();
        worker.off('message', answered).off('error', broke).off('exit', gone);
        signal.removeEventListener('abort', left);
        resolve(outcome);
      };
      const look = (): void => {
        timer?.cancel();
        const leftMs = limitMs - (cpu() - startMs);
        if (leftMs <= 0) end({ kind: 'tooSlow', note: note.read() });
        // It can't use more CPU time than passes.
        else timer = clock.timer(Math.max(leftMs, MIN_LOOK_MS), look);
      };
      const left = (): void => {
        settle({ kind: 'left' });
        limitMs = Math.min(limitMs, limits.leftCpuMs);
        look();
      };
      const answered = (answer: ThreadAnswer): void => {
        if ('value' in answer) {
          end({ kind: 'done', value: answer.value, cpuMs: cpu() - startMs });
        } else end({ kind: 'failed', error: answer.error });
      };
      const broke = (error: Error & { readonly code?: string }): void => {
        const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        end(isMemory ? { kind: 'tooLarge', note: note.read() } : { kind: 'failed', error });
      };
      const gone = (code: number): void => {
        end({ kind: 'failed', error: new Error(`the thread ended with ${code}`) });
      };
      worker.on('message', answered).on('error', broke).on('exit', gone);
      signal.addEventListener('abort', left);
      worker.postMessage(job);
      if (signal.aborted) left();
      else look();
    });
  }
}
