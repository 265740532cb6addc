import type { ILeaseTimeToLiveResponse } from 'etcd3';
import type { Clock } from '../../clock/clock.js';
import { type Fault, shorterLeaseExists, unavailable } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { LeaseState } from '../store.js';
import type { Acknowledgements } from './acknowledgements.js';
import type { Caller } from './caller.js';
import type { Connection } from './connection.js';
import { FewAtATime } from './few-at-a-time.js';
import type { RaftTerm } from './raft-term.js';
import type { Renewals } from './renewals.js';
import type { Turnstile } from './turnstile.js';
import { judge } from './verdict.js';
import { toNumber } from './wire.js';

/** Renewals of leases that may not be there, which takes etcd several answers to say for sure. */
const MAX_UNKNOWN = 32;

export interface LeasesSettings {
  readonly clock: Clock;
  readonly caller: Caller;
  readonly renewals: Renewals;
  readonly acknowledgements: Acknowledgements;
  readonly raftTerm: RaftTerm;
  /** For what etcd writes to its log: each grant, and each revocation. */
  readonly writes: Turnstile;
  /** Any key; it is only ever read, to make a member catch up. */
  readonly barrierKey: string;
}

/** Grant, renew, revoke, inspect. All may be repeated, since the caller chose the ID. */
export class Leases {
  readonly #settings: LeasesSettings;
  readonly #caller: Caller;
  readonly #renewals: Renewals;
  readonly #unknown: FewAtATime;

  constructor(settings: LeasesSettings) {
    const { clock, caller } = settings;
    this.#settings = settings;
    this.#caller = caller;
    this.#unknown = new FewAtATime({ clock, limit: MAX_UNKNOWN, patienceMs: caller.callTimeoutMs });
    this.#renewals = settings.renewals;
  }

  /**
   * @returns the TTL granted, in seconds. A lease that exists already is renewed instead: it is the caller's own.
   * @throws Fault ALREADY_EXISTS if it has a shorter TTL.
   */
  async grant(id: LeaseId, ttlSeconds: number): Promise<number> {
    try {
      return await this.#settings.writes.run(() => this.#grant(id, ttlSeconds));
    } catch (error) {
      if (!isRefusedFor(error, 'lease exists')) throw toFault(error);
    }
    const renewed = await this.renew(id);
    if (renewed === undefined) throw unavailable('the lease ended while it was granted');
    if (renewed < ttlSeconds) throw shorterLeaseExists();
    return renewed;
  }

  /**
   * What this daemon knows to be there goes before what may not be: etcd answers in order, and the process is one.
   * @returns the TTL in seconds, undefined if the lease has ended.
   */
  renew(id: LeaseId): Promise<number | undefined> {
    const { acknowledgements, clock } = this.#settings;
    const isKnown = (acknowledgements.find(id)?.untilMs ?? 0) > clock.now();
    return isKnown ? this.#renew(id) : this.#unknown.run(() => this.#renew(id));
  }

  async #renew(id: LeaseId): Promise<number | undefined> {
    const renewal = await this.#renewals.renew(id);
    if (renewal > 0) return renewal;
    // A member that was paused or lags behind may not know a lease: only one that has caught up is believed.
    if ((await this.inspect(id, false)) === undefined) return undefined;
    const again = await this.#renewals.renew(id);
    if (again > 0) return again;
    if ((await this.inspect(id, false)) === undefined) return undefined;
    throw unavailable('the members of etcd do not agree about the lease; try again');
  }

  /** @returns false if it had ended before. */
  async revoke(id: LeaseId): Promise<boolean> {
    let sendings = 0;
    // Whoever ends it on purpose knows that it ends before its time.
    this.#settings.acknowledgements.forget(id);
    try {
      await this.#settings.writes.run(() =>
        this.#caller.repeat('revoke', (connection, options) => {
          sendings += 1;
          return connection.leases.leaseRevoke({ ID: id }, options);
        }),
      );
      return true;
    } catch (error) {
      if (!isRefusedFor(error, 'lease not found')) throw toFault(error);
      // If an earlier sending got no answer, it most likely was that one that ended it.
      return sendings > 1;
    }
  }

  /** What is left of the lease; undefined if it has ended. */
  async inspect(id: LeaseId, keys: boolean): Promise<LeaseState | undefined> {
    const askedMs = this.#settings.clock.now();
    const state = await this.#inspect(id, keys);
    if (state !== undefined) {
      const { ttlSeconds, remainingSeconds } = state;
      this.#settings.acknowledgements.renewed(id, ttlSeconds, askedMs, remainingSeconds);
    }
    return state;
  }

  async #grant(id: LeaseId, ttlSeconds: number): Promise<number> {
    const { clock, acknowledgements, raftTerm } = this.#settings;
    const [sentMs, term] = [clock.now(), raftTerm.latest];
    const response = await this.#caller.repeat('grant', (connection, options) =>
      connection.leases.leaseGrant({ ID: id, TTL: ttlSeconds }, options),
    );
    const granted = toNumber(response.TTL);
    acknowledgements.granted(id, granted, sentMs, term);
    return granted;
  }

  async #inspect(id: LeaseId, keys: boolean): Promise<LeaseState | undefined> {
    const ask = (
      connection: Connection,
      options: Parameters<Connection['leases']['leaseTimeToLive']>[1],
    ): Promise<ILeaseTimeToLiveResponse> =>
      connection.leases.leaseTimeToLive({ ID: id, keys }, options);
    try {
      const first = await this.#caller.repeat('inspect', ask);
      const state = toLeaseState(first);
      if (state !== undefined) return state;
      const second = await this.#caller.repeat('inspect', async (connection, options) => {
        // A linearizable read makes the member catch up, and find out who leads.
        await connection.range({ key: this.#settings.barrierKey, count_only: true }, options);
        return ask(connection, options);
      });
      return toLeaseState(second);
    } catch (error) {
      if (isRefusedFor(error, 'lease not found')) return undefined;
      throw toFault(error);
    }
  }
}

/**
 * Undefined if there is no such lease: then etcd says -1. But so it does of one that has been overdue for a second,
 * though its keys are still there; at most 1000 a second are ended.
 */
export function toLeaseState(response: ILeaseTimeToLiveResponse): LeaseState | undefined {
  if (response.TTL === '-1' && response.grantedTTL === '0') return undefined;
  return {
    ttlSeconds: toNumber(response.grantedTTL),
    remainingSeconds: Math.max(0, toNumber(response.TTL)),
    keys: response.keys.map((key) => key.toString()),
  };
}

function isRefusedFor(error: unknown, reason: 'lease exists' | 'lease not found'): boolean {
  const verdict = judge(error);
  return verdict.kind === 'refused' && verdict.reason === reason;
}

function toFault(error: unknown): Fault {
  return judge(error).fault;
}
