import {
  acquireFrom,
  acquireOf,
  checkTokenFrom,
  checkTokenOf,
  forceReleaseFrom,
  forceReleaseOf,
  listLocksFrom,
  lockEventOf,
  lockOf,
  lockPageOf,
  releaseFrom,
  watchLockFrom,
} from '../../protocol/convert/lock.js';
import type { LockEvent } from '../../core/lock.js';
import type { AcquireRequest__Output } from '../../protocol/generated/sharedlock/v1/AcquireRequest.js';
import type { CheckTokenRequest__Output } from '../../protocol/generated/sharedlock/v1/CheckTokenRequest.js';
import type { ForceReleaseRequest__Output } from '../../protocol/generated/sharedlock/v1/ForceReleaseRequest.js';
import type { GetLockRequest__Output } from '../../protocol/generated/sharedlock/v1/GetLockRequest.js';
import type { HoldRequest__Output } from '../../protocol/generated/sharedlock/v1/HoldRequest.js';
import type { ListLocksRequest__Output } from '../../protocol/generated/sharedlock/v1/ListLocksRequest.js';
import type { ReleaseRequest__Output } from '../../protocol/generated/sharedlock/v1/ReleaseRequest.js';
import type { ReleaseResponse } from '../../protocol/generated/sharedlock/v1/ReleaseResponse.js';
import type { WatchLockRequest__Output } from '../../protocol/generated/sharedlock/v1/WatchLockRequest.js';
import type { WatchLockResponse } from '../../protocol/generated/sharedlock/v1/WatchLockResponse.js';
import type { LockService } from '../../service/lock/lock-service.js';
import { bidi, serverStream, unary } from './call.js';
import { holdStream } from './hold.js';
import type { HandlerTable } from './call.js';

/** sharedlock.v1.LockService: message in, service call, message out. */
export function lockHandlers(locks: LockService): HandlerTable {
  const method = (name: string): string => `/sharedlock.v1.LockService/${name}`;
  return new Map([
    [
      method('Acquire'),
      unary(async (request: AcquireRequest__Output, call) =>
        acquireOf(await locks.acquire(acquireFrom(request), call)),
      ),
    ],
    [
      method('Hold'),
      bidi((requests: AsyncIterable<HoldRequest__Output>, call) =>
        holdStream(locks, requests, call),
      ),
    ],
    [
      method('Release'),
      unary(async (request: ReleaseRequest__Output, call): Promise<ReleaseResponse> => {
        return { released: await locks.release(releaseFrom(request), call) };
      }),
    ],
    [
      method('GetLock'),
      unary(async ({ name }: GetLockRequest__Output) => lockOf(await locks.get(name))),
    ],
    [
      method('ListLocks'),
      unary(async (request: ListLocksRequest__Output, call) =>
        lockPageOf(await locks.list(listLocksFrom(request), call)),
      ),
    ],
    [
      method('WatchLock'),
      serverStream(async (request: WatchLockRequest__Output, call) =>
        messagesOf(await locks.watch(watchLockFrom(request), call)),
      ),
    ],
    [
      method('CheckToken'),
      unary(async (request: CheckTokenRequest__Output) => {
        const { name, fencingToken } = checkTokenFrom(request);
        return checkTokenOf(await locks.checkToken(name, fencingToken));
      }),
    ],
    [
      method('ForceRelease'),
      unary(async (request: ForceReleaseRequest__Output, call) =>
        forceReleaseOf(await locks.forceRelease(forceReleaseFrom(request), call)),
      ),
    ],
  ]);
}

async function* messagesOf(events: AsyncIterable<LockEvent>): AsyncGenerator<WatchLockResponse> {
  for await (const event of events) yield lockEventOf(event);
}
