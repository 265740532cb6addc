import { randomName } from '../../clock/random.js';
import type { Election as ElectionState, ElectionEvent, Term } from '../../core/election.js';
import { checkOptions } from '../check-options.js';
import type { OptionNames } from '../check-options.js';
import { electionEventFrom, electionFrom } from '../convert/election.js';
import { truthfulLinked } from '../keeping/held-signal.js';
import { acquireLock } from '../locks/acquire.js';
import type { Lock } from '../locks/lock.js';
import { WATCH_OPTIONS } from '../locks/locks-api.js';
import type { WatchOptions } from '../locks/locks-api.js';
import type { Tried } from '../locks/requests.js';
import { takeOnce } from '../locks/take-once.js';
import { lockIn } from '../locks/with-lock.js';
import { CALL_OPTIONS, LIST_OPTIONS } from '../options.js';
import type { CallOptions, ListOptions } from '../options.js';
import { pagesOf } from '../pages.js';
import type { ClientParts } from '../parts.js';
import { backoffMs } from '../wire/backoff.js';
import { CAMPAIGN_OPTIONS, electionClaim } from './election-claim.js';
import type { CampaignOptions } from './election-claim.js';
import { Leadership } from './leadership.js';

/** What `unseat` takes. */
export interface UnseatOptions extends CallOptions {
  /** Why, for the leader and the log; at most 1024 bytes. */
  readonly reason: string;
  /** Only if this is the present term. Default: whoever leads. */
  readonly term?: Term;
}

const UNSEAT_OPTIONS: OptionNames<UnseatOptions> = {
  reason: true,
  term: true,
  ...CALL_OPTIONS,
};

/** What `campaignOnce` takes. */
export interface CampaignOnceOptions extends CampaignOptions {
  /** The lease that shall lead; `ttlMs` is then left out. Default: one of its own. */
  readonly leaseId?: string;
}

const CAMPAIGN_ONCE_OPTIONS: OptionNames<CampaignOnceOptions> = {
  leaseId: true,
  ...CAMPAIGN_OPTIONS,
};

/** What `resign` takes. */
export interface ResignOptions extends CallOptions {
  /** The lease that leads. */
  readonly leaseId: string;
  /**
   * Only if this is its term. Default: whatever term the lease has when the request arrives, which may be a later one: then
   * don't campaign again with this lease before this is answered.
   */
  readonly term?: Term;
}

const RESIGN_OPTIONS: OptionNames<ResignOptions> = {
  leaseId: true,
  term: true,
  ...CALL_OPTIONS,
};

/**
 * One election: of many candidates one leads at a time, the others wait in the order in which they came. All methods throw
 * SharedLockError.
 */
export class Election {
  readonly name: string;
  readonly #parts: ClientParts;
  readonly #own: (lock: Lock) => Lock;

  /** @internal */
  constructor(parts: ClientParts, name: string, own: (lock: Lock) => Lock) {
    this.#parts = parts;
    this.name = name;
    this.#own = own;
  }

  /**
   * Stands for election, and waits until elected.
   * @throws NotAcquiredError if somebody else leads until `waitMs` is over; the signal's reason if that aborts;
   * SharedLockError as `client.acquire`.
   */
  async campaign(options: CampaignOptions = {}): Promise<Leadership> {
    return new Leadership(this.#parts, await this.#campaign(options));
  }

  /**
   * Stands for election with a term that this client does not keep: it is over with its TTL unless somebody renews its
   * lease. For programs that end before the term does, such as the command line. `waitMs` is 0 by default, and at most 1 h. That
   * somebody else leads is an answer, no error.
   */
  async campaignOnce(options: CampaignOnceOptions = {}): Promise<Tried> {
    checkOptions(options, CAMPAIGN_ONCE_OPTIONS);
    const claim = electionClaim(this.name, options, this.#parts.settings.owner);
    return takeOnce(this.#parts, claim, options);
  }

  /**
   * Ends the term that `campaignOnce` got.
   * @returns false if nobody led.
   * @throws SharedLockError FAILED_PRECONDITION if somebody else leads, or in another term.
   */
  async resign(options: ResignOptions): Promise<boolean> {
    checkOptions(options, RESIGN_OPTIONS);
    const { leaseId, term = 0, signal } = options;
    const request = { name: this.name, leaseId, term, requestId: randomName() };
    const { caller } = this.#parts;
    return (await caller.unary('ElectionService', 'Resign', request, { signal })).resigned;
  }

  /**
   * Campaigns, does the work of a leader, and campaigns again whenever the term was lost, until the work comes to its
   * end while it leads; then it resigns. The work must stop when the leadership's `signal` aborts. The options' `signal` ends it
   * all: the waiting, or the leadership, whose `signal` it aborts, and which resigns when the work has ended.
   * @returns what the work returns.
   * @throws what the work throws while it leads; the reason of the options' `signal` if that aborts; else as `campaign`.
   */
  async lead<T>(
    options: CampaignOptions,
    work: (leadership: Leadership) => Promise<T> | T,
  ): Promise<T> {
    const { works, stopping } = this.#parts;
    for (;;) {
      await using lock = await this.#campaign(options);
      // Closed between the election and here, the client resigns already.
      stopping.throwIfAborted();
      using linked = options.signal && truthfulLinked(lock.signal, options.signal);
      const leadership = new Leadership(this.#parts, lock, linked?.signal);
      try {
        const result = await works.run(lock, () => work(leadership));
        if (!leadership.signal.aborted) return result;
      } catch (error) {
        if (!leadership.signal.aborted) throw error;
        // The work was stopped by the loss, or failed under it: another term, another try.
      }
      await this.#parts.caller.pause(backoffMs(1), options.signal);
    }
  }

  async #campaign(options: CampaignOptions): Promise<Lock> {
    checkOptions(options, CAMPAIGN_OPTIONS);
    const claim = electionClaim(this.name, options, this.#parts.settings.owner);
    return this.#own(lockIn(await acquireLock(this.#parts, claim, options, Infinity)));
  }

  /** Who leads, and who waits. Linearizable. A name that nobody uses is an election without a leader. */
  async get(options: CallOptions = {}): Promise<ElectionState> {
    checkOptions(options, CALL_OPTIONS);
    const { caller } = this.#parts;
    const request = { name: this.name };
    return electionFrom(await caller.unary('ElectionService', 'GetLeader', request, options));
  }

  /**
   * The state, then every leader once, in order, with each change of its value and the moments without a leader; where
   * some were missed, RESYNC with the state. Goes on over lost connections, until the loop is left or the signal aborts.
   */
  observe(options: WatchOptions = {}): AsyncGenerator<ElectionEvent, void, undefined> {
    checkOptions(options, WATCH_OPTIONS);
    const { name } = this;
    return this.#parts.streams.watch('ElectionService', 'Observe', {
      request: (fromRevision) => ({ name, fromRevision }),
      read: electionEventFrom,
      revisionOf: ({ revision }) => revision,
      isState: (event) => 'election' in event,
      resync: (first) => [first.kind === 'STATE' ? { ...first, kind: 'RESYNC' as const } : first],
      fromRevision: options.fromRevision ?? 0,
      signal: options.signal,
    });
  }

  /** Whether a candidate leads now. Linearizable. */
  async isLeader(candidate: string, options: CallOptions = {}): Promise<boolean> {
    checkOptions(options, CALL_OPTIONS);
    const { caller } = this.#parts;
    const request = { name: this.name, candidate };
    return (await caller.unary('ElectionService', 'AmLeader', request, options)).leader;
  }

  /** An operator ends the leader's term, and the leader is told why. @returns false if nobody led, or in another term. */
  async unseat(options: UnseatOptions): Promise<boolean> {
    checkOptions(options, UNSEAT_OPTIONS);
    const { reason, term = 0 } = options;
    const request = { name: this.name, reason, term, requestId: randomName() };
    const { caller } = this.#parts;
    return (await caller.unary('ElectionService', 'Unseat', request, options)).unseated;
  }
}

/** All elections that somebody leads or waits for. */
export async function* listElections(
  parts: ClientParts,
  options: ListOptions,
): AsyncGenerator<ElectionState, void, undefined> {
  checkOptions(options, LIST_OPTIONS);
  const { prefix = '' } = options;
  yield* pagesOf(async (pageToken) => {
    const request = { prefix, pageToken };
    const page = await parts.caller.unary('ElectionService', 'ListElections', request, options);
    return { items: page.elections.map(electionFrom), nextPageToken: page.nextPageToken };
  });
}
