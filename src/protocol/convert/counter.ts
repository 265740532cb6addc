import type {
  AddRequest,
  Counter,
  CounterChange,
  CounterEvent,
  CounterPage,
  DeleteCounterRequest,
  IncreaseExclusiveOutcome,
  IncreaseExclusiveRequest,
  SetCounterRequest,
  WatchCounterRequest,
} from '../../core/counter.js';
import { checkVisible } from '../../core/visible.js';
import type { AddRequest__Output } from '../generated/sharedlock/v1/AddRequest.js';
import type { Counter as WireCounter } from '../generated/sharedlock/v1/Counter.js';
import type { DeleteCounterRequest__Output } from '../generated/sharedlock/v1/DeleteCounterRequest.js';
import type { IncreaseExclusiveRequest__Output } from '../generated/sharedlock/v1/IncreaseExclusiveRequest.js';
import type { IncreaseExclusiveResponse } from '../generated/sharedlock/v1/IncreaseExclusiveResponse.js';
import type { ListCountersResponse } from '../generated/sharedlock/v1/ListCountersResponse.js';
import type { SetCounterRequest__Output } from '../generated/sharedlock/v1/SetCounterRequest.js';
import type { WatchCounterRequest__Output } from '../generated/sharedlock/v1/WatchCounterRequest.js';
import { fenceFrom } from './fence.js';
import { holderOf } from './lock.js';
import { revisionFrom } from './numbers.js';
import { msFrom } from './values.js';

/** Domain requests of messages. All throw Fault INVALID_ARGUMENT for what only the wire can get wrong. */
export function addFrom(message: AddRequest__Output): AddRequest {
  return {
    name: checkVisible(message.name),
    delta: BigInt(message.delta),
    min: optionalInt64(message.min),
    max: optionalInt64(message.max),
    requestId: message.requestId,
    fence: fenceFrom(message.fence),
  };
}

export function setCounterFrom(message: SetCounterRequest__Output): SetCounterRequest {
  checkVisible(message.name);
  return { ...deleteCounterFrom(message), value: BigInt(message.value) };
}

export function deleteCounterFrom(message: DeleteCounterRequest__Output): DeleteCounterRequest {
  return {
    name: message.name,
    expected: optionalInt64(message.expected),
    requestId: message.requestId,
    fence: fenceFrom(message.fence),
  };
}

export function watchCounterFrom(message: WatchCounterRequest__Output): WatchCounterRequest {
  return { name: message.name, fromRevision: revisionFrom(message.fromRevision, 'from_revision') };
}

export function increaseExclusiveFrom(
  message: IncreaseExclusiveRequest__Output,
): IncreaseExclusiveRequest {
  return {
    name: checkVisible(message.name),
    holdMs: msFrom(message.hold) ?? 0,
    lock: checkVisible(message.lock, 'lock'),
    ttlMs: msFrom(message.ttl),
    owner: message.owner,
    requestId: message.requestId,
  };
}

export function counterOf({ name, value, revision }: Counter): WireCounter {
  return { name, value: String(value), revision };
}

export function counterEventOf(event: CounterEvent): WireCounter {
  return event.resync === true ? { ...counterOf(event), resync: true } : counterOf(event);
}

export function counterPageOf(page: CounterPage): ListCountersResponse {
  return { counters: page.counters.map(counterOf), nextPageToken: page.nextPageToken };
}

export function changeOf({ value, previous }: CounterChange): {
  readonly value: string;
  readonly previous: string;
} {
  return { value: String(value), previous: String(previous) };
}

export function increaseExclusiveOf(outcome: IncreaseExclusiveOutcome): IncreaseExclusiveResponse {
  if (!outcome.acquired) return { acquired: false, holders: outcome.holders.map(holderOf) };
  return { acquired: true, ...changeOf(outcome), fencingToken: outcome.fencingToken };
}

function optionalInt64(text: string | undefined): bigint | undefined {
  return text === undefined ? undefined : BigInt(text);
}
