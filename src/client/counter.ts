import { randomName } from '../clock/random.js';
import type {
  Counter as CounterState,
  CounterChange,
  CounterEvent,
  DeleteCounterOutcome,
} from '../core/counter.js';
import type { Counter__Output } from '../protocol/generated/sharedlock/v1/Counter.js';
import { checkOptions } from './check-options.js';
import type { OptionNames } from './check-options.js';
import { fenceOf } from './fence.js';
import type { FencedBy } from './fence.js';
import { WATCH_OPTIONS } from './locks/locks-api.js';
import type { WatchOptions } from './locks/locks-api.js';
import { CALL_OPTIONS, LIST_OPTIONS } from './options.js';
import type { CallOptions, ListOptions } from './options.js';
import { pagesOf } from './pages.js';
import type { ClientParts } from './parts.js';

/** What every write of a counter takes. */
export interface WriteCounterOptions extends CallOptions {
  /**
   * Only while this lock is held, or this term lasts: else FAILED_PRECONDITION (STALE_TOKEN), and nothing is written.
   * Default: no such condition.
   */
  readonly fence?: FencedBy;
}

const WRITE_OPTIONS: OptionNames<WriteCounterOptions> = {
  fence: true,
  ...CALL_OPTIONS,
};

/** What `add` takes. */
export interface AddOptions extends WriteCounterOptions {
  /** The result must be at least this; at most `max`. Default: -2^63. */
  readonly min?: bigint;
  /** The result must be at most this. Default: 2^63-1. */
  readonly max?: bigint;
}

const ADD_OPTIONS: OptionNames<AddOptions> = {
  min: true,
  max: true,
  ...WRITE_OPTIONS,
};

/** What `set` and `delete` take. */
export interface SetCounterOptions extends WriteCounterOptions {
  /** Only if the counter has this value: else FAILED_PRECONDITION (COUNTER_CHANGED). Default: whatever it has. */
  readonly expected?: bigint;
}

const SET_OPTIONS: OptionNames<SetCounterOptions> = {
  expected: true,
  ...WRITE_OPTIONS,
};

/**
 * One counter: a signed 64-bit integer, 0 before the first write. Linearizable; each write counts once, however often
 * the client has to send it. All methods throw SharedLockError.
 */
export class Counter {
  readonly name: string;
  readonly #parts: ClientParts;

  /** @internal */
  constructor(parts: ClientParts, name: string) {
    this.#parts = parts;
    this.name = name;
  }

  /** The value of now. */
  async get(options: CallOptions = {}): Promise<bigint> {
    checkOptions(options, CALL_OPTIONS);
    const { caller } = this.#parts;
    const request = { name: this.name };
    return BigInt((await caller.unary('CounterService', 'GetCounter', request, options)).value);
  }

  /**
   * Adds, or with a `delta` below 0 subtracts. Of many at the same time each gets a value of its own.
   * @throws SharedLockError OUT_OF_RANGE (COUNTER_BOUNDS) if the result is beyond its bounds, or 64 bits: nothing is changed.
   */
  async add(delta: bigint, options: AddOptions = {}): Promise<CounterChange> {
    checkOptions(options, ADD_OPTIONS);
    const { min, max, fence } = options;
    const request = {
      name: this.name,
      delta: String(delta),
      ...(min === undefined ? {} : { min: String(min) }),
      ...(max === undefined ? {} : { max: String(max) }),
      fence: fenceOf(fence),
      requestId: randomName(),
    };
    return changeFrom(await this.#parts.caller.unary('CounterService', 'Add', request, options));
  }

  /** @throws SharedLockError FAILED_PRECONDITION (COUNTER_CHANGED) if it has not the value that is `expected`. */
  async set(value: bigint, options: SetCounterOptions = {}): Promise<CounterChange> {
    checkOptions(options, SET_OPTIONS);
    const request = { ...this.#write(options), value: String(value) };
    const { caller } = this.#parts;
    return changeFrom(await caller.unary('CounterService', 'SetCounter', request, options));
  }

  /** It is 0 again, and in no list. @throws as `set`. */
  async delete(options: SetCounterOptions = {}): Promise<DeleteCounterOutcome> {
    checkOptions(options, SET_OPTIONS);
    const { caller } = this.#parts;
    const request = this.#write(options);
    const answer = await caller.unary('CounterService', 'DeleteCounter', request, options);
    return { deleted: answer.deleted, previous: BigInt(answer.previous) };
  }

  /**
   * The value of now, then every change once, in order; where some were missed, the value of now with `resync`. Goes on over
   * lost connections, until the loop is left or the signal aborts.
   */
  watch(options: WatchOptions = {}): AsyncGenerator<CounterEvent, void, undefined> {
    checkOptions(options, WATCH_OPTIONS);
    const { name } = this;
    return this.#parts.streams.watch('CounterService', 'WatchCounter', {
      request: (fromRevision) => ({ name, fromRevision }),
      read: counterEventFrom,
      revisionOf: ({ revision }) => revision,
      isState: () => true,
      resync: (first) => [{ ...first, resync: true }],
      fromRevision: options.fromRevision ?? 0,
      signal: options.signal,
    });
  }

  #write({ expected, fence }: SetCounterOptions) {
    return {
      name: this.name,
      ...(expected === undefined ? {} : { expected: String(expected) }),
      fence: fenceOf(fence),
      requestId: randomName(),
    };
  }
}

/** Counters that were written, in the order of their names. */
export async function* listCounters(
  parts: ClientParts,
  options: ListOptions,
): AsyncGenerator<CounterState, void, undefined> {
  checkOptions(options, LIST_OPTIONS);
  const { prefix = '' } = options;
  yield* pagesOf(async (pageToken) => {
    const request = { prefix, pageToken };
    const page = await parts.caller.unary('CounterService', 'ListCounters', request, options);
    return { items: page.counters.map(counterFrom), nextPageToken: page.nextPageToken };
  });
}

function counterFrom({ name, value, revision }: Counter__Output): CounterState {
  return { name, value: BigInt(value), revision: Number(revision) };
}

function counterEventFrom(message: Counter__Output): CounterEvent {
  const counter = counterFrom(message);
  return message.resync === true ? { ...counter, resync: true } : counter;
}

function changeFrom(change: { readonly value: string; readonly previous: string }): CounterChange {
  return { value: BigInt(change.value), previous: BigInt(change.previous) };
}
