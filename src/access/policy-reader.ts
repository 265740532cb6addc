import type { Clock } from '../clock/clock.js';
import type { Policy } from '../core/access/policy.js';
import { LimitedProcess, type JobOutcome } from '../workers/limited-process.js';
import { PolicyError } from './read-policy.js';
import type { Problem } from './yaml-tree.js';

/** What the worker answers. */
export type PolicyRead = { readonly policy: Policy } | { readonly problems: readonly Problem[] };

/** The largest policy takes half a second. */
const LIMITS = { cpuMs: 10_000, wallMs: 60_000, leftCpuMs: 10_000 };
const MEMORY_MIB = 256;
/** Policies change seldom. */
const IDLE_MS = 1000;

/** Reads policies beside the event loop: a large one takes too long for it. One at a time. */
export class PolicyReader {
  readonly #worker: LimitedProcess;

  /** @param clock real time: a process runs in it. */
  constructor(clock: Clock) {
    const program = new URL('./policy-worker.js', import.meta.url);
    this.#worker = new LimitedProcess({ program, clock, memoryMiB: MEMORY_MIB, idleMs: IDLE_MS });
  }

  /** @throws PolicyError as `readPolicy`; Error if the machine can't read it now. */
  async read(text: string): Promise<Policy> {
    const outcome = await this.#outcomeOf(text);
    if (outcome.kind !== 'done') {
      const cause = outcome.kind === 'failed' ? outcome.error : undefined;
      throw new Error(`the policy could not be read: ${outcome.kind}`, { cause });
    }
    // What our own program answered.
    const read = outcome.value as PolicyRead;
    if ('problems' in read) throw new PolicyError(read.problems);
    return read.policy;
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }

  #outcomeOf(text: string): Promise<JobOutcome> {
    return new Promise((resolve) => {
      void this.#worker.run(text, LIMITS, new AbortController().signal, resolve);
    });
  }
}
