import { added, type AddRequest, type CounterChange } from '../../core/counter.js';
import type { DeleteCounterRequest, SetCounterRequest } from '../../core/counter.js';
import { Fault } from '../../core/errors.js';
import type { FenceCheck } from '../fence.js';
import type { Operation } from '../operation-log.js';

/** A write to one counter, which may share a transaction with others to the same one. */
export interface CounterWrite {
  /**
   * What becomes of a value (undefined: not written, or deleted).
   * @throws Fault if the write must not be done: the value stays.
   */
  readonly apply: (value: bigint | undefined) => bigint | undefined;
  readonly fence: FenceCheck | undefined;
  readonly operation: Operation;
  /** A fencing token to be remembered with the outcome; 0: none. */
  readonly token: number;
}

/** What a write came to. */
export interface CounterWritten extends CounterChange {
  /** Whether the counter was there before. */
  readonly existed: boolean;
  /** The token that was to be remembered. */
  readonly token: number;
}

export function addTo(request: Pick<AddRequest, 'delta' | 'min' | 'max'>): CounterWrite['apply'] {
  return (value) => added(value ?? 0n, request);
}

export function setTo({ value: next, expected }: SetCounterRequest): CounterWrite['apply'] {
  return (value) => {
    checkExpected(value, expected);
    return next;
  };
}

export function deleted({ expected }: DeleteCounterRequest): CounterWrite['apply'] {
  return (value) => {
    checkExpected(value, expected);
    return undefined;
  };
}

function checkExpected(value: bigint | undefined, expected: bigint | undefined): void {
  if (expected === undefined || expected === (value ?? 0n)) return;
  throw new Fault(
    'FAILED_PRECONDITION',
    `expected: the counter is ${value ?? 0n}, not ${expected}`,
    {
      field: 'expected',
      reason: 'COUNTER_CHANGED',
      metadata: { value: String(value ?? 0n) },
    },
  );
}
