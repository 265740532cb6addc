import type { Clock, Timer } from '../../clock/clock.js';
import { randomLeaseId } from '../../clock/random.js';
import { isFault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import { closedFault } from './endpoints.js';
import type { Leases } from './leases.js';
import type { EtcdLog } from './options.js';

/** Long: what lanes leave behind is small, and a daemon that was cut off for less need not begin anew. */
const TTL_SECONDS = 600;
const RENEW_MS = (TTL_SECONDS / 5) * 1000;

type LeaseCalls = Pick<Leases, 'grant' | 'renew' | 'revoke' | 'inspect'>;

/** The lease that this daemon's own keys are attached to, so that they go when it is gone. */
export class DaemonLease {
  readonly #clock: Clock;
  readonly #leases: LeaseCalls;
  readonly #log: EtcdLog;
  #granted: Promise<LeaseId> | undefined;
  /** What was granted. */
  #id: LeaseId | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, leases: LeaseCalls, log: EtcdLog) {
    this.#clock = clock;
    this.#leases = leases;
    this.#log = log;
  }

  /** The lease, granted when first needed. @throws Fault UNAVAILABLE if it can't be granted. */
  get(): Promise<LeaseId> {
    if (this.#closed) return Promise.reject(closedFault());
    this.#granted ??= this.#grant();
    return this.#granted;
  }

  /** Asks etcd whether the lease has ended; if so, the next `get` grants another. */
  async hasEnded(id: LeaseId): Promise<boolean> {
    if ((await this.#leases.inspect(id, false)) !== undefined) return false;
    this.#forget(id);
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    // If it was never granted, or can't be revoked, there is nothing to do: it ends by itself.
    const id = await this.#granted?.catch(() => undefined);
    if (id !== undefined) await this.#leases.revoke(id);
  }

  async #grant(): Promise<LeaseId> {
    const id = randomLeaseId();
    try {
      await this.#leases.grant(id, TTL_SECONDS);
    } catch (error) {
      this.#granted = undefined;
      throw error;
    }
    this.#id = id;
    this.#renewLater(id);
    return id;
  }

  #renewLater(id: LeaseId): void {
    if (this.#closed) return;
    this.#timer = this.#clock.timer(RENEW_MS, () => void this.#renew(id));
  }

  async #renew(id: LeaseId): Promise<void> {
    try {
      if ((await this.#leases.renew(id)) === undefined) this.#forget(id);
    } catch (error) {
      if (!isFault(error)) throw error;
      this.#log('warn', 'could not renew the lease of our own keys', { code: error.code });
    }
    if (this.#id === id) this.#renewLater(id);
  }

  #forget(id: LeaseId): void {
    if (this.#id !== id) return;
    this.#log('warn', 'the lease of our own keys has ended; another is taken');
    this.#timer?.cancel();
    this.#id = undefined;
    this.#granted = undefined;
  }
}
