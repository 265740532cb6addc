import { parseCounterValue } from '../../core/counter.js';
import type { Entry, Revision } from '../../store/store.js';

/** A counter as the store has it. */
export interface CounterState {
  /** Undefined: it was never written, or deleted; it reads as 0. */
  readonly value: bigint | undefined;
  /** Of the last write; 0: there was none. */
  readonly modRevision: Revision;
}

export const UNWRITTEN: CounterState = { value: undefined, modRevision: 0 };

/** @throws Fault DATA_LOSS if another program wrote what is no 64-bit integer. */
export function readCounterState(entry: Entry | undefined): CounterState {
  if (entry === undefined) return UNWRITTEN;
  return { value: parseCounterValue(entry.value), modRevision: entry.modRevision };
}
