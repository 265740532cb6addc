import type { LeasePage, LeaseView } from '../../core/lease.js';
import { msFrom } from '../../protocol/convert/values.js';
import { checkOptions } from '../check-options.js';
import type { OptionNames } from '../check-options.js';
import { leaseEventFrom } from '../convert/lease-event.js';
import type { LeaseEvent } from '../convert/lease-event.js';
import { leaseFrom } from '../convert/lock.js';
import { CALL_OPTIONS, HOLDER_OPTIONS } from '../options.js';
import type { CallOptions, HolderOptions } from '../options.js';
import { pagesOf } from '../pages.js';
import type { ClientParts } from '../parts.js';
import { leaseRequest, selectorsOf } from './requests.js';

/** What `list` and `listPage` take. */
export interface ListLeasesOptions extends CallOptions {
  /** Only leases that carry all these labels. Default: all. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Only leases of this owner. Default: of anybody. */
  readonly owner?: string;
  /** Of one page: 1 to 1000, default 100. */
  readonly pageSize?: number;
}

const LIST_LEASES_OPTIONS: OptionNames<ListLeasesOptions> = {
  labels: true,
  owner: true,
  pageSize: true,
  ...CALL_OPTIONS,
};

/** Leases that nobody keeps, and looking at leases. All throw SharedLockError. `client.lease` makes one that is kept. */
export class Leases {
  readonly #parts: ClientParts;

  /** @internal */
  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Makes a lease that ends with its TTL unless it is renewed by `keepAlive`. `ttlMs`: what was granted. */
  async create(
    options: HolderOptions = {},
  ): Promise<{ readonly leaseId: string; readonly ttlMs: number }> {
    checkOptions(options, HOLDER_OPTIONS);
    const { caller, settings } = this.#parts;
    const request = leaseRequest(options, settings.owner);
    const { grant } = await caller.unary('LeaseService', 'CreateLease', request, {
      signal: options.signal,
    });
    if (grant === null) throw new TypeError('a lease without a lock is always granted');
    return { leaseId: grant.leaseId, ttlMs: msFrom(grant.ttl) ?? 0 };
  }

  /** Renews for the full TTL. @returns it, in milliseconds. @throws SharedLockError NOT_FOUND if it has ended. */
  async keepAlive(leaseId: string, options: CallOptions = {}): Promise<number> {
    checkOptions(options, CALL_OPTIONS);
    const { caller } = this.#parts;
    const { ttl } = await caller.unary('LeaseService', 'KeepAlive', { leaseId }, options);
    return msFrom(ttl) ?? 0;
  }

  /** Ends a lease; all it holds is released. @returns false if it had ended before. */
  async revoke(leaseId: string, options: CallOptions = {}): Promise<boolean> {
    checkOptions(options, CALL_OPTIONS);
    const { caller } = this.#parts;
    return (await caller.unary('LeaseService', 'RevokeLease', { leaseId }, options)).revoked;
  }

  /** The remaining time, and what it holds. @throws SharedLockError NOT_FOUND if it has ended. */
  async get(leaseId: string, options: CallOptions = {}): Promise<LeaseView> {
    checkOptions(options, CALL_OPTIONS);
    const { caller } = this.#parts;
    return leaseFrom(await caller.unary('LeaseService', 'GetLease', { leaseId }, options));
  }

  /**
   * What becomes of a lease, which this does not renew: that it lives, each jeopardy, and its end, which is the last event.
   * Goes on over lost connections, until the loop is left or the signal aborts.
   * @throws SharedLockError NOT_FOUND if it has ended before.
   */
  async *watch(
    leaseId: string,
    options: CallOptions = {},
  ): AsyncGenerator<LeaseEvent, void, undefined> {
    checkOptions(options, CALL_OPTIONS);
    const events = this.#parts.streams.watch('LeaseService', 'WatchLease', {
      request: () => ({ leaseId }),
      read: leaseEventFrom,
      // Each stream begins with the state of now.
      revisionOf: () => 0,
      isState: () => true,
      fromRevision: 0,
      signal: options.signal,
    });
    for await (const event of events) {
      yield event;
      if (event.kind === 'LOST') return;
    }
  }

  /** All leases, oldest first, page by page as the loop goes on. Never with their IDs. */
  async *list(options: ListLeasesOptions = {}): AsyncGenerator<LeaseView, void, undefined> {
    yield* pagesOf(async (token) => {
      const page = await this.listPage(options, token);
      return { items: page.leases, nextPageToken: page.nextPageToken };
    });
  }

  /** One page. `pageToken`: the `nextPageToken` of the page before; empty for the first. */
  async listPage(options: ListLeasesOptions = {}, pageToken = ''): Promise<LeasePage> {
    checkOptions(options, LIST_LEASES_OPTIONS);
    const { labels = {}, owner = '', pageSize = 0 } = options;
    const request = { labels: selectorsOf(labels), owner, pageSize, pageToken };
    const page = await this.#parts.caller.unary('LeaseService', 'ListLeases', request, options);
    return { leases: page.leases.map(leaseFrom), nextPageToken: page.nextPageToken };
  }
}
