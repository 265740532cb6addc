import { Fault } from '../errors.js';
import { SpaceLimits, type Space } from './space.js';

/** What one principal may have at one daemon. Absent: as much as there is room for. */
export interface Quota {
  /** Requests a second, in the long run. */
  readonly rate?: number;
  /** Requests at once, after a while without any. Default: what `rate` gives in a second, 1 at least. */
  readonly burst?: number;
  /** Requests under way that wait for nothing. */
  readonly inFlight?: number;
  readonly connections?: number;
  readonly leases?: number;
  /** Places in queues for locks. */
  readonly waiters?: number;
  /** Watches and Holds. */
  readonly watches?: number;
}

/** What is counted. */
export type Counted = 'inFlight' | 'connections' | 'leases' | 'waiters' | 'watches';

export const UNLIMITED: Quota = {};

/** For those who have no quota of their own, and for what theirs does not say. */
export const DEFAULT_QUOTA = 'default';

interface Limited {
  readonly quotas: ReadonlyMap<string, Quota>;
  readonly space: readonly Space[];
}

/** Which quota a principal has by a policy, and how much namespaces may take. */
export class Quotas {
  readonly #default: Quota;
  readonly #byId = new Map<string, Quota>();
  readonly space: SpaceLimits;

  constructor({ quotas, space }: Limited) {
    this.space = new SpaceLimits(space);
    this.#default = quotas.get(DEFAULT_QUOTA) ?? UNLIMITED;
    for (const [name, quota] of quotas) this.#byId.set(name, { ...this.#default, ...quota });
  }

  of(id: string): Quota {
    return this.#byId.get(id) ?? this.#default;
  }
}

interface Words {
  readonly one: string;
  readonly many: string;
  readonly reason: string;
  /** Where waiting helps. */
  readonly retryAfterMs?: number;
}

const WORDS: Readonly<Record<Counted, Words>> = {
  inFlight: {
    one: 'request under way',
    many: 'requests under way',
    reason: 'QUOTA_IN_FLIGHT',
    retryAfterMs: 100,
  },
  connections: { one: 'connection', many: 'connections', reason: 'QUOTA_CONNECTIONS' },
  leases: { one: 'lease', many: 'leases', reason: 'QUOTA_LEASES' },
  waiters: {
    one: 'place in queues',
    many: 'places in queues',
    reason: 'QUOTA_WAITERS',
    retryAfterMs: 1000,
  },
  watches: { one: 'watch or Hold', many: 'watches and Holds', reason: 'QUOTA_WATCHES' },
};

/** @param id whose quota it is. */
export function quotaReached(id: string, counted: Counted, limit: number): Fault {
  const { one, many, ...details } = WORDS[counted];
  const what = limit === 1 ? one : many;
  const message = `${id} has ${limit} ${what} at this daemon, which is its limit`;
  return new Fault('RESOURCE_EXHAUSTED', message, details);
}

export function quotaRate(id: string, rate: number, waitMs: number): Fault {
  const often = Number.isInteger(rate) ? `${rate} a second` : `${Math.round(rate * 60)} a minute`;
  return new Fault('RESOURCE_EXHAUSTED', `${id} asks more often than its limit, ${often}`, {
    reason: 'QUOTA_RATE',
    retryAfterMs: Math.max(1, Math.ceil(waitMs)),
  });
}
