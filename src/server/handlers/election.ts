import {
  amLeaderFrom,
  amLeaderOf,
  campaignFrom,
  campaignOf,
  electionEventOf,
  electionOf,
  electionPageOf,
  observeFrom,
  proclaimFrom,
  resignFrom,
  unseatFrom,
  unseatOf,
} from '../../protocol/convert/election.js';
import { listLocksFrom } from '../../protocol/convert/lock.js';
import type { ElectionEvent } from '../../core/election.js';
import type { AmLeaderRequest__Output } from '../../protocol/generated/sharedlock/v1/AmLeaderRequest.js';
import type { AmLeaderResponse } from '../../protocol/generated/sharedlock/v1/AmLeaderResponse.js';
import type { CampaignRequest__Output } from '../../protocol/generated/sharedlock/v1/CampaignRequest.js';
import type { GetLeaderRequest__Output } from '../../protocol/generated/sharedlock/v1/GetLeaderRequest.js';
import type { ListElectionsRequest__Output } from '../../protocol/generated/sharedlock/v1/ListElectionsRequest.js';
import type { ObserveRequest__Output } from '../../protocol/generated/sharedlock/v1/ObserveRequest.js';
import type { ObserveResponse } from '../../protocol/generated/sharedlock/v1/ObserveResponse.js';
import type { ProclaimRequest__Output } from '../../protocol/generated/sharedlock/v1/ProclaimRequest.js';
import type { ProclaimResponse } from '../../protocol/generated/sharedlock/v1/ProclaimResponse.js';
import type { ResignRequest__Output } from '../../protocol/generated/sharedlock/v1/ResignRequest.js';
import type { ResignResponse } from '../../protocol/generated/sharedlock/v1/ResignResponse.js';
import type { UnseatRequest__Output } from '../../protocol/generated/sharedlock/v1/UnseatRequest.js';
import type { ElectionService } from '../../service/election/election-service.js';
import { serverStream, unary } from './call.js';
import type { HandlerTable } from './call.js';

/** sharedlock.v1.ElectionService: message in, service call, message out. */
export function electionHandlers(elections: ElectionService): HandlerTable {
  const method = (name: string): string => `/sharedlock.v1.ElectionService/${name}`;
  return new Map([
    [
      method('Campaign'),
      unary(async (request: CampaignRequest__Output, call) =>
        campaignOf(await elections.campaign(campaignFrom(request), call)),
      ),
    ],
    [
      method('Proclaim'),
      unary(async (request: ProclaimRequest__Output, call): Promise<ProclaimResponse> => {
        return { revision: await elections.proclaim(proclaimFrom(request), call) };
      }),
    ],
    [
      method('Resign'),
      unary(async (request: ResignRequest__Output, call): Promise<ResignResponse> => {
        return { resigned: await elections.resign(resignFrom(request), call) };
      }),
    ],
    [
      method('GetLeader'),
      unary(async ({ name }: GetLeaderRequest__Output) => electionOf(await elections.get(name))),
    ],
    [
      method('ListElections'),
      unary(async (request: ListElectionsRequest__Output, call) =>
        electionPageOf(await elections.list(listLocksFrom(request), call)),
      ),
    ],
    [
      method('Observe'),
      serverStream(async (request: ObserveRequest__Output, call) =>
        messagesOf(await elections.observe(observeFrom(request), call)),
      ),
    ],
    [
      method('AmLeader'),
      unary(
        async (request: AmLeaderRequest__Output) =>
          amLeaderOf(await elections.leadership(amLeaderFrom(request))),
        {
          httpStatus: 503,
          description: 'The candidate does not lead: an answer all the same.',
          isMeant: ({ leader }: AmLeaderResponse) => leader !== true,
        },
      ),
    ],
    [
      method('Unseat'),
      unary(async (request: UnseatRequest__Output, call) =>
        unseatOf(await elections.unseat(unseatFrom(request), call)),
      ),
    ],
  ]);
}

async function* messagesOf(events: AsyncIterable<ElectionEvent>): AsyncGenerator<ObserveResponse> {
  for await (const event of events) yield electionEventOf(event);
}
