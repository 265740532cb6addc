import { randomName } from '../../clock/random.js';
import type { OptionNames } from '../check-options.js';
import { leaderAsHolder, leaderFrom } from '../convert/election.js';
import { takeFields } from '../locks/claim.js';
import type { Claim } from '../locks/claim.js';
import { grantFrom } from '../locks/requests.js';
import type { HolderOptions } from '../options.js';

/** What `campaign` and `lead` take. */
export interface CampaignOptions extends Omit<HolderOptions, 'owner'> {
  /**
   * Who stands, e.g. the pod's name; 1 to 1024 bytes. Each process needs one of its own. Default: the client's `owner`.
   */
  readonly candidate?: string;
  /** Published while it leads, e.g. its address; at most 64 KiB. `proclaim` changes it. Default: empty. */
  readonly value?: string;
  /** How long to wait at most, in milliseconds; 0 or more. Default: until elected; of `campaignOnce` 0. */
  readonly waitMs?: number;
}

export const CAMPAIGN_OPTIONS: OptionNames<CampaignOptions> = {
  candidate: true,
  value: true,
  waitMs: true,
  ttlMs: true,
  labels: true,
  signal: true,
};

/** Standing for election is claiming the lock that an election is. */
export function electionClaim(name: string, options: CampaignOptions, owner: string): Claim {
  const { value = '', labels = {} } = options;
  const asked = { name, candidate: options.candidate ?? owner, value, labels: { ...labels } };
  return {
    name,
    title: `election ${JSON.stringify(name)}`,
    take: async (caller, request, unaryOptions) => {
      const wire = () => ({ ...asked, ...takeFields(request()) });
      const answer = await caller.unary('ElectionService', 'Campaign', wire, unaryOptions);
      if (answer.elected && answer.grant !== null) {
        return { kind: 'granted', grant: grantFrom(answer.grant) };
      }
      const { leader } = answer;
      return {
        kind: 'held',
        holders: leader === null ? [] : [leaderAsHolder(leaderFrom(leader))],
      };
    },
    isCurrent: async (caller, term) => {
      return (await caller.unary('ElectionService', 'AmLeader', { name, term })).leader;
    },
    giveBack: async (caller, leaseId, grant) => {
      const which = 'fencingToken' in grant ? { term: grant.fencingToken } : grant;
      const request = { name, leaseId, requestId: randomName(), ...which };
      return (await caller.unary('ElectionService', 'Resign', request)).resigned;
    },
  };
}
