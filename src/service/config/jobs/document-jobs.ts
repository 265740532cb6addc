import type { Clock } from '../../../clock/clock.js';
import { daemonStopping, Fault, isFault } from '../../../core/errors.js';
import { FairQueue } from '../../../workers/fair-queue.js';
import {
  LimitedProcess,
  type JobLimits,
  type JobOutcome,
} from '../../../workers/limited-process.js';
import type { Caller } from '../../caller.js';
import type { DocumentJob, JobResult } from './job.js';

/** Jobs that may wait at this daemon; each has a document and a schema, or a patch. */
const MAX_WAITING = 100;

/** On a machine that has nothing to give; a caller who waits longer has mostly left. */
const STARVED_MS = 30_000;

/** A process takes about 45 MiB, and a tenth of a second to start. */
const IDLE_MS = 60_000;

/** A document of 1 MiB takes up to about 50 MiB when it has been read. */
const MEMORY_MIB = 256;

/** A job that nobody waits for any more is not worth more than what it takes to start another process. */
const LEFT_CPU_MS = 100;

export interface JobOptions {
  /** CPU time that it may take, in milliseconds. */
  readonly cpuMs: number;
  /** Whether it is known to take little of it; it goes first then. */
  readonly isQuick: boolean;
  /** What to tell the caller if it takes more; `note` is what it was at. */
  readonly tooSlow: (note: string) => Fault;
  /** Is told what it took, if it came to an end. */
  readonly took?: (cpuMs: number) => void;
}

interface Waiting {
  readonly job: DocumentJob;
  readonly options: JobOptions;
  readonly caller: Caller;
  /** The first outcome counts. */
  readonly settle: (outcome: JobOutcome | Fault) => void;
}

/**
 * Runs what may take long on documents in a process beside the daemon, one job at a time, the callers in turn. The process
 * begins with the first job, and ends when there was none for a minute.
 */
export class DocumentJobs {
  readonly #worker: LimitedProcess;
  readonly #queue = new FairQueue<Waiting>(MAX_WAITING);
  #isRunning = false;
  #isStopped = false;

  /** `clock` is real time: processes run in it. */
  constructor(clock: Clock) {
    const program = new URL('./worker.js', import.meta.url);
    this.#worker = new LimitedProcess({ program, clock, memoryMiB: MEMORY_MIB, idleMs: IDLE_MS });
  }

  /**
   * Does a job. @returns the text that it makes.
   * @throws Fault that the job found, or `tooSlow`; CANCELLED if the caller left; UNAVAILABLE (STARVED) if the machine had no
   * CPU time for it; RESOURCE_EXHAUSTED (DOCUMENT_QUEUE_FULL).
   */
  async run(job: DocumentJob, caller: Caller, options: JobOptions): Promise<string> {
    if (caller.signal.aborted) throw callerLeft(caller);
    this.#throwIfStopped();
    const outcome = await this.#outcomeOf(job, caller, options);
    if (outcome instanceof Fault) throw outcome;
    if (outcome.kind === 'failed') this.#throwIfStopped();
    if (outcome.kind !== 'done') throw faultOf(outcome, caller);
    options.took?.(outcome.cpuMs);
    const result = outcome.value as JobResult;
    if ('text' in result) return result.text;
    throw new Fault(result.code, result.message, result.details);
  }

  /** Ends the process; callers whose jobs are not done are told to ask another daemon. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      next.settle(stopping());
    }
    await this.#worker.stop();
  }

  #throwIfStopped(): void {
    if (this.#isStopped) throw stopping();
  }

  #outcomeOf(job: DocumentJob, caller: Caller, options: JobOptions): Promise<JobOutcome | Fault> {
    if (this.#isStopped) return Promise.resolve(stopping());
    return new Promise((resolve) => {
      const waiting: Waiting = {
        job,
        options,
        caller,
        settle: (outcome) => {
          caller.signal.removeEventListener('abort', left);
          // Also if the caller was told before that the machine is too busy: it counts for the next time.
          const isTooSlow = !(outcome instanceof Fault) && outcome.kind === 'tooSlow';
          resolve(isTooSlow && !caller.signal.aborted ? options.tooSlow(outcome.note) : outcome);
        },
      };
      // Those who have no share take turns as one.
      const owner = caller.user ?? '';
      const left = (): void => {
        this.#queue.delete(owner, waiting);
        waiting.settle({ kind: 'left' });
      };
      caller.signal.addEventListener('abort', left);
      this.#queue.push(owner, waiting, options.isQuick)?.settle(queueFull());
      if (!this.#isRunning) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { job, options, caller, settle } = next;
      const limits: JobLimits = {
        cpuMs: options.cpuMs,
        wallMs: STARVED_MS,
        leftCpuMs: LEFT_CPU_MS,
      };
      await this.#worker.run(job, limits, caller.signal, settle);
    }
    this.#isRunning = false;
  }
}

function faultOf(outcome: Exclude<JobOutcome, { readonly kind: 'done' }>, caller: Caller): unknown {
  switch (outcome.kind) {
    case 'tooLarge':
      return tooLarge();
    case 'left':
    case 'tooSlow':
      return callerLeft(caller);
    case 'starved':
      return new Fault(
        'UNAVAILABLE',
        `the machine gave the daemon too little CPU time to check the document within ${STARVED_MS} ms`,
        { reason: 'STARVED', retryAfterMs: 5000 },
      );
    case 'failed':
      return outcome.error;
  }
}

function stopping(): Fault {
  return daemonStopping('the daemon is about to end; ask another one');
}

function callerLeft({ signal }: Caller): Fault {
  return isFault(signal.reason) ? signal.reason : new Fault('CANCELLED', 'the caller went away');
}

/** Of work that has no better advice. */
export function tooSlow(field: string, cpuMs: number): Fault {
  const message = `${field}: to work on it takes more than ${cpuMs} ms of CPU time; make it smaller, or split it`;
  return new Fault('INVALID_ARGUMENT', message, { field, reason: 'DOCUMENT_TOO_SLOW' });
}

function tooLarge(): Fault {
  const message = `document: to work on it takes over ${MEMORY_MIB} MiB; make it, its schema or the patch smaller`;
  return new Fault('INVALID_ARGUMENT', message, { reason: 'DOCUMENT_TOO_LARGE' });
}

function queueFull(): Fault {
  return new Fault(
    'RESOURCE_EXHAUSTED',
    `${MAX_WAITING} documents wait to be checked at this daemon already; ask again later`,
    { reason: 'DOCUMENT_QUEUE_FULL', retryAfterMs: 1000 },
  );
}
