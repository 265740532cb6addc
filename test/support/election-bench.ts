import type {
  CampaignOutcome,
  CampaignRequest,
  ElectionEvent,
  ProclaimRequest,
} from '../../src/core/election.js';
import type { LeaseId } from '../../src/core/lease-id.js';
import type { Grant } from '../../src/core/lock.js';
import type { Caller } from '../../src/service/caller.js';
import { caller, type TestDaemon } from './services.js';
import { checkedWatch } from './watch-checker.js';

export const NAME = 'primary';

export function campaign(
  daemon: TestDaemon,
  candidate: string,
  rest: Partial<CampaignRequest> = {},
  by: Caller = caller(),
): Promise<CampaignOutcome> {
  const request = { name: NAME, candidate, value: '', lease: undefined, ttlMs: undefined };
  return daemon.elections.campaign(
    { ...request, waitMs: 0, labels: new Map(), requestId: '', ...rest },
    by,
  );
}

/** The grant of one who was elected. */
export function elected(outcome: CampaignOutcome): Grant {
  if (!outcome.elected) throw new Error('not elected');
  return outcome.grant;
}

export function proclaim(
  daemon: TestDaemon,
  lease: LeaseId,
  value: string,
  rest: Partial<ProclaimRequest> = {},
): Promise<number> {
  return daemon.elections.proclaim({ name: NAME, lease, value, term: 0, requestId: '', ...rest });
}

export function resign(
  daemon: TestDaemon,
  lease: LeaseId,
  rest: { readonly term?: number; readonly requestId?: string } = {},
): Promise<boolean> {
  return daemon.elections.resign({ name: NAME, lease, term: 0, requestId: '', ...rest });
}

/** What is told to one who observes, and how it ended. */
export interface Observed {
  readonly events: ElectionEvent[];
  readonly done: Promise<unknown>;
  readonly gone: AbortController;
}

export async function observe(
  daemon: TestDaemon,
  fromRevision = 0,
  name = NAME,
): Promise<Observed> {
  const gone = new AbortController();
  const stream = await daemon.elections.observe({ name, fromRevision }, caller(gone.signal));
  const events: ElectionEvent[] = [];
  const done = (async () => {
    for await (const event of checkedWatch(stream)) events.push(event);
    return 'ended';
  })().catch((error: unknown) => error);
  return { events, done, gone };
}

/** An event in short: `ELECTED a 5`, with the value if it has one. */
export function brief(event: ElectionEvent): string {
  const leader = 'election' in event ? event.election.leader : event.leader;
  if (leader === undefined) return `${event.kind} -`;
  const { candidate, value } = leader;
  return `${event.kind} ${candidate}${value === '' ? '' : `=${value}`}`;
}
