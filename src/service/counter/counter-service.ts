import type { Clock } from '../../clock/clock.js';
import { checkBounds } from '../../core/counter.js';
import type {
  AddRequest,
  Counter,
  CounterChange,
  CounterPage,
  DeleteCounterOutcome,
  DeleteCounterRequest,
  IncreaseExclusiveOutcome,
  IncreaseExclusiveRequest,
  ListCountersRequest,
  SetCounterRequest,
  CounterEvent,
  WatchCounterRequest,
} from '../../core/counter.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Limits } from '../../core/limits.js';
import { checkRequestId } from '../../core/lock.js';
import { checkName } from '../../core/text.js';
import { exactly } from '../../store/store.js';
import type { Store } from '../../store/store.js';
import type { Caller, CallOrigin } from '../caller.js';
import type { DaemonLeases } from '../daemon-leases.js';
import { FenceCheck } from '../fence.js';
import type { LockService } from '../lock/lock-service.js';
import type { OperationLog } from '../operation-log.js';
import type { Requests } from '../request-forms.js';
import type { WatchPool } from '../watch-pool.js';
import { CounterQueues } from './counter-queues.js';
import { readCounterState } from './counter-state.js';
import { addTo, deleted, setTo } from './counter-write.js';
import type { CounterWrite, CounterWritten } from './counter-write.js';
import { increaseExclusive } from './increase-exclusive.js';
import { listCounters } from './list.js';
import { watchCounter } from './watch.js';

/** What the operations on counters stand on. */
export interface CounterParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly layout: KeyLayout;
  readonly limits: Limits;
  readonly operations: OperationLog;
  readonly daemonLeases: DaemonLeases;
  readonly watches: WatchPool;
  readonly locks: LockService;
}

/**
 * Counters. Every method throws Fault INVALID_ARGUMENT for a request that is out of bounds, and UNAVAILABLE if the
 * store does not answer: whether it counted is then not known, and a `requestId` makes asking again safe.
 */
export class CounterService {
  readonly #parts: CounterParts;
  readonly #queues: CounterQueues;

  constructor(parts: CounterParts) {
    this.#parts = parts;
    this.#queues = new CounterQueues(parts);
  }

  /** Linearizable. 0 for a counter that was never written. */
  async get(name: string): Promise<Counter> {
    const { limits, layout, store } = this.#parts;
    checkName(name, limits.nameBytes);
    const { entries } = await store.read({ range: exactly(layout.counter(name)) });
    const { value, modRevision } = readCounterState(entries[0]);
    return { name, value: value ?? 0n, revision: modRevision };
  }

  list(request: ListCountersRequest): Promise<CounterPage> {
    return listCounters(this.#parts, request);
  }

  /** The value of now, then every change once, in order. The stream ends when the caller goes away. */
  watch(request: WatchCounterRequest, caller: Caller): Promise<AsyncIterable<CounterEvent>> {
    return watchCounter(this.#parts, request, caller);
  }

  /**
   * @throws Fault OUT_OF_RANGE beyond the bounds, FAILED_PRECONDITION for a stale fence, ALREADY_EXISTS for a
   * request id that was used otherwise, ABORTED if other daemons write too often. In all of them the counter
   * is unchanged.
   */
  async add(request: AddRequest, origin: CallOrigin = {}): Promise<CounterChange> {
    checkBounds(request);
    return this.#write(request, 'counterAdd', addTo(request), origin);
  }

  /** @throws as `add`; FAILED_PRECONDITION also if the value is not the expected one. */
  async set(request: SetCounterRequest, origin: CallOrigin = {}): Promise<CounterChange> {
    return this.#write(request, 'counterSet', setTo(request), origin);
  }

  /** @throws as `set`. */
  async delete(
    request: DeleteCounterRequest,
    origin: CallOrigin = {},
  ): Promise<DeleteCounterOutcome> {
    const written = await this.#write(request, 'counterDelete', deleted(request), origin);
    const { existed, previous } = written;
    return { deleted: existed, previous };
  }

  /** Takes a lock, works, and adds one if the lock is still held. @throws Fault DEADLINE_EXCEEDED if it is not. */
  increaseExclusive(
    request: IncreaseExclusiveRequest,
    caller: Caller,
  ): Promise<IncreaseExclusiveOutcome> {
    return increaseExclusive(this.#parts, request, caller, (write) =>
      this.#queues.write(this.#parts.layout.counter(request.name), write),
    );
  }

  async #write<Kind extends 'counterAdd' | 'counterSet' | 'counterDelete'>(
    request: Requests[Kind],
    kind: Kind,
    apply: CounterWrite['apply'],
    origin: CallOrigin,
  ): Promise<CounterWritten> {
    const { limits, layout, operations } = this.#parts;
    checkName(request.name, limits.nameBytes);
    checkRequestId(request.requestId, limits);
    const fence =
      request.fence === undefined ? undefined : new FenceCheck(request.fence, layout, limits);
    const operation = operations.begin(request.requestId, kind, request, origin);
    const write = { apply, fence, operation, token: 0 };
    return this.#queues.write(layout.counter(request.name), write);
  }
}
