import type {
  CampaignOutcome,
  CampaignRequest,
  Election,
  ElectionEvent,
  ElectionPage,
  Leadership,
  LeadershipRequest,
  ObserveRequest,
  ProclaimRequest,
  ResignRequest,
  UnseatOutcome,
  UnseatRequest,
} from '../../core/election.js';
import { invalid } from '../../core/errors.js';
import type { ListLocksRequest } from '../../core/lock.js';
import { checkText } from '../../core/text.js';
import type { Revision } from '../../store/store.js';
import type { Caller, CallOrigin } from '../caller.js';
import { leadership } from './leadership.js';
import { observe } from './observe.js';
import type { ElectionParts } from './parts.js';
import { proclaim } from './proclaim.js';
import { electionOf, leaderAmong } from './view.js';

/**
 * Elections: an exclusive lock in a namespace of its own, whose value is the leader's, and whose fencing token is
 * its term. Every method throws Fault INVALID_ARGUMENT for a request that is out of bounds, and UNAVAILABLE if
 * the store does not answer.
 */
export class ElectionService {
  readonly #parts: ElectionParts;

  constructor(parts: ElectionParts) {
    this.#parts = parts;
  }

  /**
   * Stands for election, and waits until elected or the wait is over.
   * @throws Fault as `LockService.acquire`.
   */
  async campaign(request: CampaignRequest, caller: Caller): Promise<CampaignOutcome> {
    const { limits, locks } = this.#parts;
    const { candidate, waitMs, ...rest } = request;
    if (candidate === '') throw invalid('candidate', 'is empty; give each candidate a name');
    checkText(candidate, limits.ownerBytes, 'candidate');
    const outcome = await locks.acquire(
      {
        ...rest,
        owner: candidate,
        waitMs: waitMs ?? limits.waitMs,
        mode: 'EXCLUSIVE',
        permits: 1,
        limit: 0,
      },
      caller,
    );
    return outcome.acquired
      ? { elected: true, grant: outcome.grant }
      : { elected: false, leader: leaderAmong(outcome.holders) };
  }

  /** Changes the leader's value. @throws Fault FAILED_PRECONDITION if the lease does not lead. */
  proclaim(request: ProclaimRequest, origin: CallOrigin = {}): Promise<Revision> {
    return proclaim(this.#parts, request, origin);
  }

  /** Ends the term. @returns false if nobody led. @throws Fault FAILED_PRECONDITION if somebody else leads. */
  resign({ term, ...request }: ResignRequest, origin: CallOrigin = {}): Promise<boolean> {
    return this.#parts.locks.release({ ...request, fencingToken: term }, origin);
  }

  /** An operator ends a leader's term. Audited. */
  async unseat(
    { term, ...request }: UnseatRequest,
    origin: CallOrigin = {},
  ): Promise<UnseatOutcome> {
    const { locks } = this.#parts;
    const taken = await locks.forceRelease({ ...request, fencingToken: term }, origin);
    const { released, holders } = taken;
    return { unseated: released, leader: leaderAmong(holders) };
  }

  /** Who leads, and who waits. A name that nobody uses is an election without a leader. */
  async get(name: string): Promise<Election> {
    return electionOf(await this.#parts.locks.get(name));
  }

  async list(request: ListLocksRequest, caller: Caller): Promise<ElectionPage> {
    const { locks, nextPageToken } = await this.#parts.locks.list(request, caller);
    return { elections: locks.map(electionOf), nextPageToken };
  }

  /** Whether a candidate leads now. */
  leadership(request: LeadershipRequest): Promise<Leadership> {
    return leadership(this.#parts, request);
  }

  /**
   * Every leader, each change of its value, and the moments without one: once, in order. The stream ends when the
   * caller goes away.
   * @throws Fault OUT_OF_RANGE if the revision to resume from is compacted; RESOURCE_EXHAUSTED if the
   * consumer is too slow, or too many watch.
   */
  observe(request: ObserveRequest, caller: Caller): Promise<AsyncIterable<ElectionEvent>> {
    return observe(this.#parts, request, caller);
  }
}
