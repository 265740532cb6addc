import { createHash } from 'node:crypto';
import type { Clock } from '../../clock/clock.js';
import { Fault } from '../../core/errors.js';
import type { Caller } from '../caller.js';
import type { DocumentJobs } from './jobs/document-jobs.js';
import { COMPILING, MATCHING } from './jobs/job.js';

/** CPU time that a check may take, with the compilation of the schema if it is not remembered. */
const MAX_CPU_MS = 2000;

/** A schema whose last check took less goes before others. */
const QUICK_MS = 20;

/** Schemas that are known to be quick, and checks that are known to take too long. */
const MAX_REMEMBERED = 1000;

/** What was too slow is tried again after that: by another version, or on another machine, it may not be. */
const REFUSED_MS = 600_000;

interface Refusal {
  readonly fault: Fault;
  readonly untilMs: number;
}

/**
 * Checks documents against their JSON Schemas, in the process for documents. What took too long is remembered by its digest: a
 * schema that can't be compiled in time is refused with any document, one that a document makes slow with this document only,
 * or one caller could spoil the schema of another one's document.
 */
export class Schemas {
  readonly #jobs: DocumentJobs;
  readonly #clock: Clock;
  readonly #quick = new Set<string>();
  readonly #refused = new Map<string, Refusal>();

  constructor(jobs: DocumentJobs, clock: Clock) {
    this.#jobs = jobs;
    this.#clock = clock;
  }

  /**
   * @throws Fault INVALID_ARGUMENT: SCHEMA_VIOLATION with the path that fails, and why; SCHEMA_TOO_SLOW; or for no JSON Schema.
   * @throws Fault as `DocumentJobs.run`.
   */
  async checkDocument(schema: string, document: string, caller: Caller): Promise<void> {
    const digest = digestOf(schema);
    const both = `${digest} ${digestOf(document)}`;
    this.#throwIfRefused(digest);
    this.#throwIfRefused(both);
    await this.#jobs.run({ kind: 'check', schema, digest, document }, caller, {
      cpuMs: MAX_CPU_MS,
      isQuick: this.#quick.has(digest),
      tooSlow: (note) => this.#refuse(note === COMPILING ? digest : both, tooSlow(note)),
      took: (cpuMs) => this.#remember(digest, cpuMs),
    });
  }

  #remember(digest: string, cpuMs: number): void {
    this.#quick.delete(digest);
    if (cpuMs < QUICK_MS) this.#quick.add(digest);
    const [oldest] = this.#quick;
    if (this.#quick.size > MAX_REMEMBERED && oldest !== undefined) this.#quick.delete(oldest);
  }

  #throwIfRefused(digest: string): void {
    const refusal = this.#refused.get(digest);
    if (refusal === undefined) return;
    if (this.#clock.now() < refusal.untilMs) throw refusal.fault;
    this.#refused.delete(digest);
  }

  #refuse(digest: string, fault: Fault): Fault {
    this.#refused.delete(digest);
    this.#refused.set(digest, { fault, untilMs: this.#clock.now() + REFUSED_MS });
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > MAX_REMEMBERED && oldest !== undefined) this.#refused.delete(oldest);
    return fault;
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function tooSlow(note: string): Fault {
  return new Fault(
    'INVALID_ARGUMENT',
    `schema: to check the document takes more than ${MAX_CPU_MS} ms of CPU time; ${hintOf(note)}`,
    { field: 'schema', reason: 'SCHEMA_TOO_SLOW' },
  );
}

function hintOf(note: string): string {
  if (note === COMPILING) {
    return 'compile: the schema itself is too large, or refers to its parts too often; make it smaller';
  }
  if (note.startsWith(MATCHING)) {
    const pattern = JSON.stringify(note.slice(MATCHING.length));
    return `the pattern ${pattern} takes too long; spell it without look-around, back references and counts above 1000`;
  }
  return 'look for references and alternatives (anyOf, oneOf, allOf) within one another';
}
