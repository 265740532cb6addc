import type { Revision, StoreEvent } from './store.js';

export interface Batch {
  readonly revision: Revision;
  readonly events: readonly StoreEvent[];
}

export interface HistoryLimits {
  /** Default 10,000. */
  readonly events?: number | undefined;
  /** Of their keys and values. Default 32 Mi. */
  readonly characters?: number | undefined;
}

/** The last events, for watches that begin in the past. The newest revision is kept whatever its size. */
export class History {
  readonly #limitEvents: number;
  readonly #limitCharacters: number;
  #batches: Batch[] = [];
  /** Batches before this place are dropped; the array is cut from time to time. */
  #first = 0;
  #events = 0;
  #characters = 0;
  #lostThrough: Revision;

  constructor(limits: HistoryLimits, lostThrough: Revision) {
    this.#limitEvents = limits.events ?? 10_000;
    this.#limitCharacters = limits.characters ?? 32 * 1024 * 1024;
    this.#lostThrough = lostThrough;
  }

  /** The highest revision whose events are gone. */
  get lostThrough(): Revision {
    return this.#lostThrough;
  }

  add(batch: Batch): void {
    this.#batches.push(batch);
    this.#events += batch.events.length;
    this.#characters += charactersOf(batch);
    while (this.#isTooLarge() && this.#batches.length - this.#first > 1) this.#drop();
    if (this.#first > 1000 && this.#first * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Forgets all events up to and including `revision`. */
  compact(revision: Revision): void {
    for (;;) {
      const oldest = this.#batches[this.#first];
      if (oldest === undefined || oldest.revision > revision) break;
      this.#drop();
    }
    this.#lostThrough = Math.max(this.#lostThrough, revision);
  }

  /** The batches of `from` and later. */
  since(from: Revision): readonly Batch[] {
    // Revisions ascend, so the place is found by halving.
    let low = this.#first;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#batches[middle]?.revision ?? Infinity) < from) low = middle + 1;
      else high = middle;
    }
    return this.#batches.slice(low);
  }

  #drop(): void {
    const batch = this.#batches[this.#first];
    if (batch === undefined) return;
    // What it held is free now, not only when the array is cut.
    this.#batches[this.#first] = { revision: batch.revision, events: [] };
    this.#first++;
    this.#events -= batch.events.length;
    this.#characters -= charactersOf(batch);
    this.#lostThrough = batch.revision;
  }

  #isTooLarge(): boolean {
    return this.#events > this.#limitEvents || this.#characters > this.#limitCharacters;
  }
}

function charactersOf({ events }: Batch): number {
  let characters = 0;
  for (const event of events) {
    const entry = event.kind === 'put' ? event.entry : event.previous;
    characters += (entry?.key.length ?? 0) + (entry?.value.length ?? 0);
  }
  return characters;
}
