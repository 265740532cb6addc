import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock/clock.js';
import { cpuMeterOf, type CpuMeter } from './cpu-meter.js';
import type { WorkerAnswer } from './inside.js';
import { launch, LIFE_CPU_S, NOTES_FD } from './launch.js';
import { LastLine } from './last-line.js';

/** What a job has come to. */
export type JobOutcome =
  | { readonly kind: 'done'; readonly value: unknown; readonly cpuMs: number }
  /** It used up its CPU time, at what `note` says; the process was ended. */
  | { readonly kind: 'tooSlow'; readonly note: string }
  /** It used up the memory or the stack of the process, which ended. */
  | { readonly kind: 'tooLarge'; readonly note: string }
  /** The machine did not give it the CPU time that it may use. It goes on: what it prepares for the next one is not lost. */
  | { readonly kind: 'starved' }
  /** Nobody waits for it any more. */
  | { readonly kind: 'left' }
  /** A defect. */
  | { readonly kind: 'failed'; readonly error: unknown };

export interface JobLimits {
  /** CPU time of the process; at most a minute. */
  readonly cpuMs: number;
  /** Time on the clock before a job counts as starved, with the start of the process if it has to be started. */
  readonly wallMs: number;
  /** CPU time of a job that nobody waits for any more, all in all. */
  readonly leftCpuMs: number;
}

export interface LimitedProcessOptions {
  /** The program, which calls `serveJobs`. */
  readonly program: URL;
  /** Real time: a process runs in it. */
  readonly clock: Clock;
  readonly memoryMiB: number;
  /** A process without a job ends after that. */
  readonly idleMs: number;
}

interface Running {
  readonly child: ChildProcess;
  readonly cpu: CpuMeter;
  readonly note: LastLine;
  readonly said: LastLine;
}

/** Not looked at more often than that. */
const MIN_LOOK_MS = 2;

/** A process that has used so much is not given another job. */
const RETIRED_CPU_MS = (LIFE_CPU_S * 1000) / 2;

/** Of a process that ended by itself, or was ended by the system. */
const OUT_OF_TIME = 'SIGXCPU';
const MEANT_FOR_THE_DAEMON = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * A process that does one job at a time, each within a limit of CPU time: is it reached, the process is ended, and the next job
 * begins another. It is started for its first job, and does not keep this process alive. A thread would not do: Node.js 24 does
 * not always end one that has used up its memory, and where it can't, all of the daemon ends (nodejs/node#47224, #65019).
 */
export class LimitedProcess {
  readonly #options: LimitedProcessOptions;
  #running: Promise<Running> | undefined;
  #child: ChildProcess | undefined;
  #idle: Timer | undefined;

  constructor(options: LimitedProcessOptions) {
    this.#options = options;
  }

  /** Does one job, and not another before it resolves: the process is free then. The first call of `settle` counts, and may come before. */
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
      if (outcome.kind !== 'done' || running.cpu() > RETIRED_CPU_MS) await this.stop();
    } catch (error) {
      settle({ kind: 'failed', error });
      await this.stop();
    } finally {
      starved.cancel();
      this.#idle = clock.timer(this.#options.idleMs, () => void this.stop());
    }
  }

  /** Ends the process. The next job begins another. */
  async stop(): Promise<void> {
    this.#idle?.cancel();
    const child = this.#child;
    this.#child = undefined;
    this.#running = undefined;
    if (child?.pid === undefined || hasEnded(child)) return;
    child.ref();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #start(): Promise<Running> {
    this.#running ??= this.#startAnew();
    return this.#running;
  }

  #startAnew(): Promise<Running> {
    const { program, memoryMiB, clock } = this.#options;
    const child = launch(program, memoryMiB);
    this.#child = child;
    const [note, said] = [new LastLine(), new LastLine()];
    // Without a free file descriptor it has none of these either, and only says later that it was not started.
    if (child.pid !== undefined) {
      note.follow(child.stdio[NOTES_FD] as Socket);
      said.follow(child.stderr as Socket);
    }
    return new Promise((resolve, reject) => {
      child.once('message', () => {
        resolve({ child, cpu: cpuMeterOf(child.pid, clock), note, said });
      });
      // Whatever it is, and however often: if nobody listened, it would end the daemon.
      child.on('error', reject);
      child.once('close', (code, signal) => reject(endedWith(code, signal, said)));
      child.once('exit', () => {
        if (this.#child === child) void this.stop();
      });
    });
  }

  /** Sends the job, and looks at the CPU time of the process until it has answered, ended, or used up what it has. */
  #watch(
    { child, cpu, note, said }: Running,
    job: unknown,
    limits: JobLimits,
    signal: AbortSignal,
    settle: (outcome: JobOutcome) => void,
  ): Promise<JobOutcome> {
    const { clock } = this.#options;
    const startMs = cpu();
    note.forget();
    let limitMs = limits.cpuMs;
    let timer: Timer | undefined;
    let isTooSlow = false;
    return new Promise((resolve) => {
      const end = (outcome: JobOutcome): void => {
        timer?.cancel();
        child.off('message', answered).off('close', gone);
        signal.removeEventListener('abort', left);
        resolve(outcome);
      };
      const look = (): void => {
        timer?.cancel();
        const leftMs = limitMs - (cpu() - startMs);
        if (leftMs <= 0) {
          isTooSlow = true;
          child.kill('SIGKILL');
        } // It can't use more CPU time than passes.
        else timer = clock.timer(Math.max(leftMs, MIN_LOOK_MS), look);
      };
      const left = (): void => {
        settle({ kind: 'left' });
        limitMs = Math.min(limitMs, limits.leftCpuMs);
        look();
      };
      const answered = (answer: WorkerAnswer): void => {
        if (isTooSlow) return;
        if ('value' in answer) {
          end({ kind: 'done', value: answer.value, cpuMs: cpu() - startMs });
        } else end({ kind: 'failed', error: answer.error });
      };
      // When all that it said has been read.
      const gone = (code: number | null, by: NodeJS.Signals | null): void => {
        if (isTooSlow || by === OUT_OF_TIME) end({ kind: 'tooSlow', note: note.text });
        else if (by !== null && !MEANT_FOR_THE_DAEMON.has(by)) {
          end({ kind: 'tooLarge', note: note.text });
        } else end({ kind: 'failed', error: endedWith(code, by, said) });
      };
      child.on('message', answered).on('close', gone);
      signal.addEventListener('abort', left);
      child.send(job as object, () => undefined);
      if (signal.aborted) left();
      else look();
    });
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function endedWith(code: number | null, signal: string | null, { text }: LastLine): Error {
  return new Error(`the worker process ended with ${signal ?? String(code)}: ${text}`);
}
