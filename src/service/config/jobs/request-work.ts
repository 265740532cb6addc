import type { Caller } from '../../caller.js';
import { checkText } from '../document.js';
import { patchDocument } from '../patch.js';
import type { Schemas } from '../schemas.js';
import { tooSlow, type DocumentJobs, type JobOptions } from './document-jobs.js';
import type { PatchJob, ReadJob } from './job.js';

/** To read so much takes the event loop a few milliseconds, whatever is in it; to hand it over takes about as long. */
const READ_HERE_LENGTH = 64 * 1024;

/** Document and patch: operations can each cost what the document costs. */
const PATCH_HERE_LENGTH = 16 * 1024;

/** CPU time. A text of 1 MiB is read within a fifth of it. */
const MAX_CPU_MS = 2000;

export interface WorkParts {
  readonly jobs: DocumentJobs;
  readonly schemas: Schemas;
}

/**
 * The work on documents for one request: what may take long is done beside the event loop, and a check once, however often the
 * write is tried again. All methods throw Fault as `DocumentJobs.run` beside what they say.
 */
export class RequestWork {
  readonly #parts: WorkParts;
  readonly #caller: Caller;
  #checked: { schema: string; document: string; verdict: Promise<void> } | undefined;

  constructor(parts: WorkParts, caller: Caller) {
    this.#parts = parts;
    this.#caller = caller;
  }

  /** @throws Fault INVALID_ARGUMENT as `checkText`. */
  async read(job: Omit<ReadJob, 'kind'>): Promise<void> {
    if (job.text.length <= READ_HERE_LENGTH) {
      checkText(job);
      return;
    }
    const options = this.#options(job.field, true);
    await this.#parts.jobs.run({ kind: 'read', ...job }, this.#caller, options);
  }

  /** @throws Fault as `patchDocument`. */
  async patch(job: Omit<PatchJob, 'kind'>): Promise<string> {
    if (job.patch.length + job.document.length <= PATCH_HERE_LENGTH) return patchDocument(job);
    const options = this.#options('patch', false);
    return this.#parts.jobs.run({ kind: 'patch', ...job }, this.#caller, options);
  }

  /** @throws Fault as `Schemas.checkDocument`. */
  check(schema: string, document: string): Promise<void> {
    const known = this.#checked;
    if (known?.schema === schema && known.document === document) return known.verdict;
    const verdict = this.#parts.schemas.checkDocument(schema, document, this.#caller);
    this.#checked = { schema, document, verdict };
    return verdict;
  }

  /** Checks before anything waits for this write; the verdict counts when the write gets there. */
  async checkAhead(schema: string, document: string): Promise<void> {
    await this.check(schema, document).catch(() => undefined);
  }

  #options(field: string, isQuick: boolean): JobOptions {
    return { cpuMs: MAX_CPU_MS, isQuick, tooSlow: () => tooSlow(field, MAX_CPU_MS) };
  }
}
