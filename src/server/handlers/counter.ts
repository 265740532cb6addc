import type { CounterEvent } from '../../core/counter.js';
import {
  addFrom,
  changeOf,
  counterEventOf,
  counterOf,
  counterPageOf,
  deleteCounterFrom,
  increaseExclusiveFrom,
  increaseExclusiveOf,
  setCounterFrom,
  watchCounterFrom,
} from '../../protocol/convert/counter.js';
import type { AddRequest__Output } from '../../protocol/generated/sharedlock/v1/AddRequest.js';
import type { AddResponse } from '../../protocol/generated/sharedlock/v1/AddResponse.js';
import type { Counter as WireCounter } from '../../protocol/generated/sharedlock/v1/Counter.js';
import type { DeleteCounterRequest__Output } from '../../protocol/generated/sharedlock/v1/DeleteCounterRequest.js';
import type { DeleteCounterResponse } from '../../protocol/generated/sharedlock/v1/DeleteCounterResponse.js';
import type { GetCounterRequest__Output } from '../../protocol/generated/sharedlock/v1/GetCounterRequest.js';
import type { IncreaseExclusiveRequest__Output } from '../../protocol/generated/sharedlock/v1/IncreaseExclusiveRequest.js';
import type { ListCountersRequest__Output } from '../../protocol/generated/sharedlock/v1/ListCountersRequest.js';
import type { SetCounterRequest__Output } from '../../protocol/generated/sharedlock/v1/SetCounterRequest.js';
import type { SetCounterResponse } from '../../protocol/generated/sharedlock/v1/SetCounterResponse.js';
import type { WatchCounterRequest__Output } from '../../protocol/generated/sharedlock/v1/WatchCounterRequest.js';
import type { CounterService } from '../../service/counter/counter-service.js';
import { serverStream, unary } from './call.js';
import type { HandlerTable } from './call.js';

/** sharedlock.v1.CounterService: message in, service call, message out. */
export function counterHandlers(counters: CounterService): HandlerTable {
  const method = (name: string): string => `/sharedlock.v1.CounterService/${name}`;
  return new Map([
    [
      method('GetCounter'),
      unary(async ({ name }: GetCounterRequest__Output) => counterOf(await counters.get(name))),
    ],
    [
      method('ListCounters'),
      unary(async (request: ListCountersRequest__Output) =>
        counterPageOf(await counters.list(request)),
      ),
    ],
    [
      method('WatchCounter'),
      serverStream(async (request: WatchCounterRequest__Output, call) =>
        messagesOf(await counters.watch(watchCounterFrom(request), call)),
      ),
    ],
    [
      method('Add'),
      unary(async (request: AddRequest__Output, call): Promise<AddResponse> =>
        changeOf(await counters.add(addFrom(request), call)),
      ),
    ],
    [
      method('SetCounter'),
      unary(async (request: SetCounterRequest__Output, call): Promise<SetCounterResponse> =>
        changeOf(await counters.set(setCounterFrom(request), call)),
      ),
    ],
    [
      method('DeleteCounter'),
      unary(async (request: DeleteCounterRequest__Output, call): Promise<DeleteCounterResponse> => {
        const { deleted, previous } = await counters.delete(deleteCounterFrom(request), call);
        return { deleted, previous: String(previous) };
      }),
    ],
    [
      method('IncreaseExclusive'),
      unary(async (request: IncreaseExclusiveRequest__Output, call) =>
        increaseExclusiveOf(await counters.increaseExclusive(increaseExclusiveFrom(request), call)),
      ),
    ],
  ]);
}

async function* messagesOf(events: AsyncIterable<CounterEvent>): AsyncGenerator<WireCounter> {
  for await (const event of events) yield counterEventOf(event);
}
