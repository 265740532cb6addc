import { Fault } from '../../core/errors.js';
import type { Revision } from '../store.js';
import type { Change, Journal } from './journal.js';

/** What one write did to the memory, on its way to the journal. */
export interface Step {
  readonly changes: readonly Change[];
  /** The store's revision after it. */
  readonly revision: Revision;
  /** Whether it makes room, and so may have the space that is kept for that. */
  readonly frees: boolean;
  /** Called in order once the step is durable, before its promise resolves. */
  onDurable(): void;
}

interface Flush {
  readonly steps: Step[];
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const DURABLE = Promise.resolve();

/**
 * Takes steps to the journal in groups (D5): all that arrive while one flush is under way go into the next.
 * If a flush fails, the steps behind it fail with it, for they were decided on what it wrote.
 */
export class CommitQueue {
  readonly #journal: Journal | undefined;
  readonly #limit: number;
  readonly #onFailure: (error: unknown, frees: boolean) => Fault;
  #current: Flush | undefined;
  #next: Flush | undefined;
  #running = false;

  /**
   * @param limit most steps that wait at a time.
   * @param onFailure puts the memory back to what the journal has, and says what the callers are told. `frees`: all
   * that failed would have made room.
   */
  constructor(
    journal: Journal | undefined,
    limit: number,
    onFailure: (error: unknown, frees: boolean) => Fault,
  ) {
    this.#journal = journal;
    this.#limit = limit;
    this.#onFailure = onFailure;
  }

  /** @throws Fault RESOURCE_EXHAUSTED if too many steps wait. To be asked before the memory is changed. */
  checkRoom(): void {
    if ((this.#next?.steps.length ?? 0) < this.#limit) return;
    throw new Fault('RESOURCE_EXHAUSTED', `${this.#limit} writes wait for the disk already`, {
      reason: 'STORE_BUSY',
      retryAfterMs: 100,
    });
  }

  /** Resolves when the step is durable. */
  commit(step: Step): Promise<void> {
    if (this.#journal === undefined) {
      step.onDurable();
      return DURABLE;
    }
    this.#next ??= newFlush();
    this.#next.steps.push(step);
    const { done } = this.#next;
    if (!this.#running) {
      this.#running = true;
      const journal = this.#journal;
      // In a microtask, so that steps of the same moment share the flush.
      queueMicrotask(() => void this.#run(journal));
    }
    return done;
  }

  /** Resolves when every step so far is durable: what they wrote may be shown. */
  durable(): Promise<void> {
    return (this.#next ?? this.#current)?.done ?? DURABLE;
  }

  get isIdle(): boolean {
    return this.#next === undefined && this.#current === undefined;
  }

  /** Resolves when nothing waits any more, whether it succeeded or not. */
  async idle(): Promise<void> {
    for (;;) {
      const flush = this.#next ?? this.#current;
      if (flush === undefined) return;
      // How it ended is told to those who wait for it.
      await flush.done.then(undefined, () => undefined);
    }
  }

  async #run(journal: Journal): Promise<void> {
    while (this.#next !== undefined) {
      const flush = this.#next;
      this.#next = undefined;
      this.#current = flush;
      await this.#flush(journal, flush);
    }
    this.#running = false;
  }

  async #flush(journal: Journal, flush: Flush): Promise<void> {
    const changes = flush.steps.flatMap((step) => step.changes);
    const frees = flush.steps.every((step) => step.frees);
    try {
      await journal.append(changes, flush.steps.at(-1)?.revision ?? 0, frees);
    } catch (error) {
      this.#current = undefined;
      const behind = this.#next;
      this.#next = undefined;
      const fault = this.#onFailure(error, frees);
      flush.reject(fault);
      behind?.reject(fault);
      return;
    }
    this.#current = undefined;
    for (const step of flush.steps) step.onDurable();
    flush.resolve();
  }
}

function newFlush(): Flush {
  let resolve = (): void => undefined;
  let reject = (_reason: unknown): void => undefined;
  const done = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // An expiry has nobody who waits for it; its failure is handled by `onFailure`.
  done.catch(() => undefined);
  return { steps: [], done, resolve, reject };
}
