import { randomName } from '../../clock/random.js';
import type {
  ForceReleaseOutcome,
  FencingToken,
  LockEvent,
  LockPage,
  LockState,
  TokenCheck,
} from '../../core/lock.js';
import { checkOptions } from '../check-options.js';
import type { OptionNames } from '../check-options.js';
import { holderFrom, lockEventFrom, lockFrom } from '../convert/lock.js';
import { ACQUIRE_OPTIONS, CALL_OPTIONS } from '../options.js';
import type { AcquireOptions, CallOptions } from '../options.js';
import { pagesOf } from '../pages.js';
import type { ClientParts } from '../parts.js';
import { lockClaim } from './claim.js';
import { selectorsOf } from './requests.js';
import type { Tried } from './requests.js';
import { takeOnce } from './take-once.js';

/** What `list` and `listPage` take. */
export interface ListLocksOptions extends CallOptions {
  /** Only names that begin so. Default: all. */
  readonly prefix?: string;
  /** Only locks with a holder that carries all these labels. Default: all. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Only locks that somebody waits for. Default false. */
  readonly contested?: boolean;
  /** Of one page: 1 to 1000, default 100. */
  readonly pageSize?: number;
}

const LIST_LOCKS_OPTIONS: OptionNames<ListLocksOptions> = {
  prefix: true,
  labels: true,
  contested: true,
  pageSize: true,
  ...CALL_OPTIONS,
};

/** What every watch of one thing takes. */
export interface WatchOptions extends CallOptions {
  /** Resume after this revision, without the first state; 0 (default): begin with the state of now. One of the future is refused. */
  readonly fromRevision?: number;
}

export const WATCH_OPTIONS: OptionNames<WatchOptions> = {
  fromRevision: true,
  ...CALL_OPTIONS,
};

/** What `forceRelease` takes. */
export interface ForceReleaseOptions extends CallOptions {
  /** Why, for the victim and the log; at most 1024 bytes. */
  readonly reason: string;
  /** Only if this is the holder's token. Default: whoever holds it. */
  readonly fencingToken?: FencingToken;
}

const FORCE_RELEASE_OPTIONS: OptionNames<ForceReleaseOptions> = {
  reason: true,
  fencingToken: true,
  ...CALL_OPTIONS,
};

/** What `acquireOnce` takes. */
export interface AcquireOnceOptions extends AcquireOptions {
  /** The lease that shall hold the lock. Default: one of its own. */
  readonly leaseId?: string;
}

const ACQUIRE_ONCE_OPTIONS: OptionNames<AcquireOnceOptions> = {
  leaseId: true,
  ...ACQUIRE_OPTIONS,
};

/** What `release` takes. */
export interface ReleaseOptions extends CallOptions {
  /** The lease that holds the lock. */
  readonly leaseId: string;
  /**
   * Only if this is its token. Default: whatever grant the lease has when the request arrives, which may be a later one: then
   * don't ask for the lock again with this lease before this is answered.
   */
  readonly fencingToken?: FencingToken;
}

const RELEASE_OPTIONS: OptionNames<ReleaseOptions> = {
  leaseId: true,
  fencingToken: true,
  ...CALL_OPTIONS,
};

/** Looking at locks, the operator's tools, and locks that nobody keeps. All throw SharedLockError. */
export class Locks {
  readonly #parts: ClientParts;

  /** @internal */
  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Who holds a lock and who waits for it. Linearizable. A name that nobody uses is a lock that is not held. */
  async get(name: string, options: CallOptions = {}): Promise<LockState> {
    checkOptions(options, CALL_OPTIONS);
    return lockFrom(await this.#parts.caller.unary('LockService', 'GetLock', { name }, options));
  }

  /** All locks that are held or waited for, page by page as the loop goes on. */
  async *list(options: ListLocksOptions = {}): AsyncGenerator<LockState, void, undefined> {
    yield* pagesOf(async (token) => {
      const page = await this.listPage(options, token);
      return { items: page.locks, nextPageToken: page.nextPageToken };
    });
  }

  /** One page. `pageToken`: the `nextPageToken` of the page before; empty for the first. */
  async listPage(options: ListLocksOptions = {}, pageToken = ''): Promise<LockPage> {
    checkOptions(options, LIST_LOCKS_OPTIONS);
    const { prefix = '', labels = {}, contested = false, pageSize = 0 } = options;
    const request = { prefix, labels: selectorsOf(labels), contested, pageSize, pageToken };
    const page = await this.#parts.caller.unary('LockService', 'ListLocks', request, options);
    return { locks: page.locks.map(lockFrom), nextPageToken: page.nextPageToken };
  }

  /**
   * The state of a lock, then every change once, in order, over lost connections and daemons; where changes were missed,
   * RESYNC with the state. Goes on until the loop is left or the signal aborts.
   */
  watch(name: string, options: WatchOptions = {}): AsyncGenerator<LockEvent, void, undefined> {
    checkOptions(options, WATCH_OPTIONS);
    return this.#parts.streams.watch('LockService', 'WatchLock', {
      request: (fromRevision) => ({ name, fromRevision }),
      read: lockEventFrom,
      revisionOf: ({ revision }) => revision,
      isState: (event) => 'lock' in event,
      resync: (first) => [first.kind === 'STATE' ? { ...first, kind: 'RESYNC' as const } : first],
      fromRevision: options.fromRevision ?? 0,
      signal: options.signal,
    });
  }

  /** Whether a fencing token is still the one of a holder. Linearizable. */
  async checkToken(
    name: string,
    fencingToken: FencingToken,
    options: CallOptions = {},
  ): Promise<TokenCheck> {
    checkOptions(options, CALL_OPTIONS);
    const request = { name, fencingToken };
    const answer = await this.#parts.caller.unary('LockService', 'CheckToken', request, options);
    return { current: answer.current, currentToken: Number(answer.currentToken) };
  }

  /**
   * An operator takes a lock from its holders, who are told why. A lease that was made for the lock ends with it. `released` is
   * false if nobody held it, or not with that token.
   */
  async forceRelease(name: string, options: ForceReleaseOptions): Promise<ForceReleaseOutcome> {
    checkOptions(options, FORCE_RELEASE_OPTIONS);
    const { reason, fencingToken = 0 } = options;
    const request = { name, reason, fencingToken, requestId: randomName() };
    const answer = await this.#parts.caller.unary('LockService', 'ForceRelease', request, options);
    return { released: answer.released, holders: answer.holders.map(holderFrom) };
  }

  /**
   * Takes a lock that this client does not keep: it is over with its TTL unless somebody renews its lease. For programs
   * that end before the lock does, such as the command line. `waitMs` is 0 by default, and at most 1 h. That somebody else holds
   * it is an answer, no error.
   */
  async acquireOnce(name: string, options: AcquireOnceOptions = {}): Promise<Tried> {
    checkOptions(options, ACQUIRE_ONCE_OPTIONS);
    const claim = lockClaim(name, options, this.#parts.settings.owner);
    return takeOnce(this.#parts, claim, options);
  }

  /**
   * Releases what `acquireOnce` took.
   * @returns false if nobody held it.
   * @throws SharedLockError FAILED_PRECONDITION if somebody else holds it, or with another token (NOT_THE_HOLDER), or if an operator
   * took it (PREEMPTED).
   */
  async release(name: string, options: ReleaseOptions): Promise<boolean> {
    checkOptions(options, RELEASE_OPTIONS);
    const { leaseId, fencingToken = 0 } = options;
    const request = { name, leaseId, fencingToken, requestId: randomName() };
    const answer = await this.#parts.caller.unary('LockService', 'Release', request, options);
    return answer.released;
  }
}
