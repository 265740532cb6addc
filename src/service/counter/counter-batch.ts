import type { Fault } from '../../core/errors.js';
import { isFault } from '../../core/errors.js';
import { absent, exactly } from '../../store/store.js';
import type { Compare, Operation, Read } from '../../store/store.js';
import type { FirstOutcome, Recorder } from '../operation-log.js';
import { lastPutAt, put, readKey, remove, type Done, type Draft } from '../transaction.js';
import { readCounterState, type CounterState } from './counter-state.js';
import type { CounterWrite, CounterWritten } from './counter-write.js';

/** A write that waits for its outcome. */
export interface PendingWrite extends CounterWrite {
  readonly resolve: (written: CounterWritten) => void;
  readonly reject: (error: unknown) => void;
}

/** Of the 32 operations that a branch may have, one is for the counter. */
const OPERATIONS = 31;
const MAX_WRITES = 1000;

/**
 * How many of `pending`, from the first on, fit into one transaction: all that have no conditions, and a few
 * that have; of those with one request id only the first.
 */
export function batchSize(pending: readonly CounterWrite[]): number {
  let operations = 0;
  let size = 0;
  const records = new Set<string>();
  for (const { fence, operation } of pending) {
    const record = operation.key;
    operations += (fence?.reads.length ?? 0) + (record === undefined ? 0 : 1);
    if (operations > OPERATIONS || size === MAX_WRITES) break;
    if (record !== undefined && records.has(record)) break;
    if (record !== undefined) records.add(record);
    size++;
  }
  return size;
}

/** A write with its part of the transaction in which its request id is recorded. */
interface Candidate {
  readonly write: PendingWrite;
  readonly recorder: Recorder;
}

export interface Member extends Candidate {
  readonly written: CounterWritten;
}

/** One that must not be done, unless it was done before. */
interface Refused extends Candidate {
  readonly fault: Fault;
}

/** A batch worked out on what the counter is thought to be. All of it holds only if the transaction succeeds. */
export interface Plan {
  readonly members: readonly Member[];
  readonly refused: readonly Refused[];
  readonly value: bigint | undefined;
  readonly transaction: Draft;
  /** The counter's true state, if that is another. */
  readonly now: Read;
}

/** Applies the writes one after the other. One that must not be done changes nothing for those behind it. */
export async function plan(
  key: string,
  state: CounterState,
  writes: readonly PendingWrite[],
): Promise<Plan> {
  const members: Member[] = [];
  const refused: Refused[] = [];
  let { value } = state;
  for (const write of writes) {
    const recorder = await write.operation.recorder();
    try {
      const next = write.apply(value);
      const existed = value !== undefined;
      members.push({
        write,
        recorder,
        written: { value: next ?? 0n, previous: value ?? 0n, existed, token: write.token },
      });
      value = next;
    } catch (error) {
      if (!isFault(error)) throw error;
      refused.push({ write, recorder, fault: error });
    }
  }
  const now = readKey(key);
  const transaction = transactionOf(key, state, { members, refused, value, now });
  return { members, refused, value, transaction, now };
}

function transactionOf(
  key: string,
  state: CounterState,
  { members, refused, value, now }: Omit<Plan, 'transaction'>,
): Draft {
  const fences = members.flatMap(({ write }) => write.fence ?? []);
  const recorders = [...members, ...refused].map(({ recorder }) => recorder);
  return {
    resource: key,
    frees: state.value !== undefined && value === undefined,
    compare: [
      unchanged(key, state),
      ...fences.map((fence) => fence.compare),
      ...recorders.flatMap((recorder) => recorder.compares),
    ],
    // With nobody to write for, it only checks that those who are refused are refused rightly.
    then: members.length === 0 ? [] : [putValue(key, value), ...members.flatMap(record)],
    else: [
      now,
      ...fences.flatMap((fence) => fence.reads),
      ...recorders.flatMap((recorder) => recorder.reads),
    ],
  };
}

function unchanged(key: string, { modRevision }: CounterState): Compare {
  if (modRevision === 0) return absent(exactly(key));
  return lastPutAt(key, modRevision);
}

function putValue(key: string, value: bigint | undefined): Operation {
  return value === undefined ? remove(key) : put(key, String(value));
}

function record({ recorder, written }: Member): readonly Operation[] {
  const { value, previous, existed, token } = written;
  return recorder.records({
    value: String(value),
    previous: String(previous),
    existed: existed ? 'yes' : 'no',
    token,
  });
}

/** The outcome that was recorded of a write. */
export function writtenBefore({ outcome }: FirstOutcome): CounterWritten {
  return {
    value: BigInt(outcome.text('value')),
    previous: BigInt(outcome.text('previous')),
    existed: outcome.text('existed') === 'yes',
    token: outcome.number('token') ?? 0,
  };
}

/**
 * What the store said instead of doing it: the counter's true state. Those that were done before get their first
 * outcome, whatever has become of lock and bounds since; members whose fence is stale are refused. The others are
 * returned, to be tried again.
 */
export function readRefusal(
  done: Done,
  { members, refused, now }: Plan,
): { readonly state: CounterState; readonly left: PendingWrite[] } {
  const settled = new Set<PendingWrite>();
  const settle = (write: PendingWrite, attempt: () => void): void => {
    try {
      attempt();
    } catch (error) {
      settled.add(write);
      write.reject(error);
    }
  };
  for (const { write, recorder } of [...members, ...refused]) {
    settle(write, () => {
      const first = recorder.replay(done);
      if (first === undefined) return;
      settled.add(write);
      write.resolve(writtenBefore(first));
    });
  }
  for (const { write } of members) {
    if (!settled.has(write)) settle(write, () => write.fence?.inspect(done));
  }
  const writes = [...members, ...refused].map(({ write }) => write);
  return {
    state: readCounterState(done.entry(now)),
    left: writes.filter((write) => !settled.has(write)),
  };
}
