import type { Revision, StoreEvent, WatchEnd, WatchListener } from '../../src/store/store.js';

export interface Batch {
  readonly revision: Revision;
  readonly events: readonly StoreEvent[];
}

/** Keeps what a watch delivers, and lets a test wait for it. */
export class Recorder implements WatchListener {
  readonly batches: Batch[] = [];
  readonly ends: WatchEnd[] = [];
  readonly startedAt: Revision[] = [];
  interruptions = 0;
  #waiting: (() => void)[] = [];

  started(revision: Revision): void {
    this.startedAt.push(revision);
    this.#wake();
  }

  interrupted(): void {
    this.interruptions++;
    this.#wake();
  }

  events(revision: Revision, events: readonly StoreEvent[]): void {
    this.batches.push({ revision, events });
    this.#wake();
  }

  ended(end: WatchEnd): void {
    this.ends.push(end);
    this.#wake();
  }

  get all(): readonly StoreEvent[] {
    return this.batches.flatMap((batch) => batch.events);
  }

  /** What happened, as `put name=value` and `delete name`, with keys cut to what follows the last slash. */
  get lines(): readonly string[] {
    return this.all.map((event) =>
      event.kind === 'put'
        ? `put ${last(event.entry.key)}=${event.entry.value}`
        : `delete ${last(event.key)}`,
    );
  }

  /** Resolves once it is true; the test's own timeout bounds the wait. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

function last(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
