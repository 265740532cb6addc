import { Fault, invalid } from './errors.js';
import { MAX_INT64 } from './lease-id.js';
import type { Grant, Holder } from './lock.js';

const MIN_INT64 = -(2n ** 63n);

/** A condition on a write: the token is a holder's of the lock, or the leader's of the election, in the transaction that writes. */
export type Fence =
  | { readonly lock: string; readonly token: number }
  | { readonly election: string; readonly token: number };

/** A counter at a revision. */
export interface Counter {
  readonly name: string;
  /** 0 before the first write. */
  readonly value: bigint;
  /** At which it was written; 0 if it never was. */
  readonly revision: number;
}

/** What a watch of a counter tells: a value that it got at `revision`; of the first one it is the revision at which it was read. */
export interface CounterEvent extends Counter {
  /** There if changes were missed: this is the value of now. */
  readonly resync?: true;
}

export interface AddRequest {
  readonly name: string;
  readonly delta: bigint;
  /** Bounds of the result; undefined: those of 64 bits. */
  readonly min: bigint | undefined;
  readonly max: bigint | undefined;
  /** Empty: none. */
  readonly requestId: string;
  readonly fence: Fence | undefined;
}

/** What a write made of a counter. */
export interface CounterChange {
  /** What it has now. */
  readonly value: bigint;
  /** What it had before. */
  readonly previous: bigint;
}

export interface SetCounterRequest {
  readonly name: string;
  readonly value: bigint;
  /** Undefined: whatever it has. */
  readonly expected: bigint | undefined;
  readonly requestId: string;
  readonly fence: Fence | undefined;
}

export type DeleteCounterRequest = Omit<SetCounterRequest, 'value'>;

/** What came of a deletion. */
export interface DeleteCounterOutcome {
  /** False if it was never written, or deleted before. */
  readonly deleted: boolean;
  /** What it had before; 0 if it was not there. */
  readonly previous: bigint;
}

export interface ListCountersRequest {
  readonly prefix: string;
  /** 0: the default of 100. */
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface CounterPage {
  readonly counters: readonly Counter[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

export interface WatchCounterRequest {
  readonly name: string;
  /** Resume after this revision; 0: begin with the value of now. */
  readonly fromRevision: number;
}

export interface IncreaseExclusiveRequest {
  readonly name: string;
  readonly holdMs: number;
  /** Empty: the counter's name. */
  readonly lock: string;
  /** Undefined: the default. */
  readonly ttlMs: number | undefined;
  readonly owner: string;
  /** Empty: none. */
  readonly requestId: string;
}

export type IncreaseExclusiveOutcome =
  | ({ readonly acquired: true; readonly fencingToken: Grant['fencingToken'] } & CounterChange)
  | { readonly acquired: false; readonly holders: readonly Holder[] };

/**
 * What an addition makes of a value.
 * @throws Fault OUT_OF_RANGE if the result is beyond the bounds, or 64 bits.
 */
export function added(
  value: bigint,
  { delta, min, max }: Pick<AddRequest, 'delta' | 'min' | 'max'>,
): bigint {
  const result = value + delta;
  const low = min ?? MIN_INT64;
  const high = max ?? MAX_INT64;
  if (result >= low && result <= high) return result;
  throw new Fault(
    'OUT_OF_RANGE',
    `delta: ${value} and ${delta} make ${result}, which is not from ${low} to ${high}`,
    { field: 'delta', reason: 'COUNTER_BOUNDS', metadata: { value: String(value) } },
  );
}

/** @throws Fault INVALID_ARGUMENT if no value could be within the bounds. */
export function checkBounds({ min, max }: Pick<AddRequest, 'min' | 'max'>): void {
  if (min !== undefined && max !== undefined && min > max) {
    throw invalid('max', `must be at least min, which is ${min}`);
  }
}

/** Reads a stored value. @throws Fault DATA_LOSS if another program wrote what is no 64-bit integer. */
export function parseCounterValue(text: string): bigint {
  if (/^-?[0-9]{1,19}$/.test(text)) {
    const value = BigInt(text);
    if (value >= MIN_INT64 && value <= MAX_INT64) return value;
  }
  throw new Fault('DATA_LOSS', 'what is stored for this counter is no 64-bit integer');
}
