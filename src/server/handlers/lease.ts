import { isFault, reasonOf } from '../../core/errors.js';
import type { LeaseEvent } from '../../core/lease.js';
import { acquireOf } from '../../protocol/convert/lock.js';
import {
  createLeaseFrom,
  leaseEventOf,
  leaseOf,
  leasePageOf,
  listLeasesFrom,
} from '../../protocol/convert/lease.js';
import { leaseIdFrom } from '../../protocol/convert/numbers.js';
import { durationOf } from '../../protocol/convert/values.js';
import type { CreateLeaseRequest__Output } from '../../protocol/generated/sharedlock/v1/CreateLeaseRequest.js';
import type { CreateLeaseResponse } from '../../protocol/generated/sharedlock/v1/CreateLeaseResponse.js';
import type { GetLeaseRequest__Output } from '../../protocol/generated/sharedlock/v1/GetLeaseRequest.js';
import type { KeepAliveRequest__Output } from '../../protocol/generated/sharedlock/v1/KeepAliveRequest.js';
import type { KeepAliveResponse } from '../../protocol/generated/sharedlock/v1/KeepAliveResponse.js';
import type { KeepAliveStreamRequest__Output } from '../../protocol/generated/sharedlock/v1/KeepAliveStreamRequest.js';
import type { KeepAliveStreamResponse } from '../../protocol/generated/sharedlock/v1/KeepAliveStreamResponse.js';
import type { ListLeasesRequest__Output } from '../../protocol/generated/sharedlock/v1/ListLeasesRequest.js';
import type { RevokeLeaseRequest__Output } from '../../protocol/generated/sharedlock/v1/RevokeLeaseRequest.js';
import type { RevokeLeaseResponse } from '../../protocol/generated/sharedlock/v1/RevokeLeaseResponse.js';
import type { WatchLeaseRequest__Output } from '../../protocol/generated/sharedlock/v1/WatchLeaseRequest.js';
import type { WatchLeaseResponse } from '../../protocol/generated/sharedlock/v1/WatchLeaseResponse.js';
import { STATUS } from '../../protocol/status.js';
import type { LeaseService } from '../../service/lease/lease-service.js';
import type { Admission } from '../admission/admission.js';
import { answersTo } from './answers.js';
import { bidi, serverStream, unary } from './call.js';
import type { Call, HandlerTable } from './call.js';

/** Renewals under way for one stream. */
const RENEWALS_PER_STREAM = 100;

/** sharedlock.v1.LeaseService: message in, service call, message out. */
export function leaseHandlers(leases: LeaseService, admission: Admission): HandlerTable {
  const method = (name: string): string => `/sharedlock.v1.LeaseService/${name}`;
  return new Map([
    [
      method('CreateLease'),
      unary(async (request: CreateLeaseRequest__Output, call): Promise<CreateLeaseResponse> =>
        acquireOf(await leases.create(createLeaseFrom(request), call)),
      ),
    ],
    [
      method('KeepAlive'),
      unary(({ leaseId }: KeepAliveRequest__Output, call) => keepAlive(leases, leaseId, call)),
    ],
    [
      method('KeepAliveStream'),
      bidi((requests: AsyncIterable<KeepAliveStreamRequest__Output>, call) =>
        answersTo(requests, RENEWALS_PER_STREAM, ({ leaseId }) =>
          answerInStream(leaseId, () =>
            admission.renewal(call, () => keepAlive(leases, leaseId, call)),
          ),
        ),
      ),
    ],
    [
      method('RevokeLease'),
      unary(async ({ leaseId }: RevokeLeaseRequest__Output, call): Promise<RevokeLeaseResponse> => {
        return { revoked: await leases.revoke(leaseIdFrom(leaseId), call) };
      }),
    ],
    [
      method('GetLease'),
      unary(async ({ leaseId }: GetLeaseRequest__Output, call) =>
        leaseOf(await leases.get(leaseIdFrom(leaseId), call)),
      ),
    ],
    [
      method('WatchLease'),
      serverStream(async ({ leaseId }: WatchLeaseRequest__Output, call) =>
        leaseMessagesOf(await leases.watch(leaseIdFrom(leaseId), call)),
      ),
    ],
    [
      method('ListLeases'),
      unary(async (request: ListLeasesRequest__Output, call) =>
        leasePageOf(await leases.list(listLeasesFrom(request), call)),
      ),
    ],
  ]);
}

async function* leaseMessagesOf(
  events: AsyncIterable<LeaseEvent>,
): AsyncGenerator<WatchLeaseResponse> {
  for await (const event of events) yield leaseEventOf(event);
}

async function keepAlive(
  leases: LeaseService,
  leaseId: string,
  call: Call,
): Promise<KeepAliveResponse> {
  const ttlSeconds = await leases.keepAlive(leaseIdFrom(leaseId), call);
  return { leaseId, ttl: durationOf(ttlSeconds * 1000) };
}

/** What is wrong with one lease is an answer: the others on the stream go on. */
async function answerInStream(
  leaseId: string,
  renew: () => Promise<KeepAliveResponse>,
): Promise<KeepAliveStreamResponse> {
  try {
    return { ...(await renew()), code: 0 };
  } catch (error) {
    if (!isFault(error)) throw error;
    const { message, code } = error;
    return { leaseId, code: STATUS[code].grpc, message, reason: reasonOf(error) };
  }
}
