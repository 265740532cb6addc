import type { Timer } from '../../clock/clock.js';
import { randomName } from '../../clock/random.js';
import { Fault, unavailable } from '../../core/errors.js';
import type { Outcome, Transaction } from '../store.js';
import { closedFault } from './endpoints.js';
import { Lane, type LaneSettings } from './lane.js';

/** Requests in flight at once. More did not make etcd faster. */
export const MAX_LANES = 64;
const MAX_WAITING = 10_000;

interface Waiting {
  readonly batch: readonly Transaction[];
  readonly dueMs: number;
  start(lane: Lane): void;
  refuse(fault: Fault): void;
}

/** The lanes of this daemon, and what waits for one. Lanes are made as they are needed; the last used is taken first. */
export class Lanes {
  readonly #settings: LaneSettings;
  readonly #idle: Lane[] = [];
  readonly #waiting: Waiting[] = [];
  #made = 0;
  #expiry: Timer | undefined;
  #closed = false;

  constructor(settings: Omit<LaneSettings, 'newKey'>, daemonRoot: string) {
    const root = `${daemonRoot}lane/${randomName()}/`;
    let keys = 0;
    this.#settings = { ...settings, newKey: () => `${root}${++keys}` };
  }

  /** As `Lane.run`. @throws Fault RESOURCE_EXHAUSTED if too many wait. */
  run(batch: readonly Transaction[]): Promise<readonly Outcome[]> {
    if (this.#closed) return Promise.reject(closedFault());
    const lane = this.#take();
    if (lane !== undefined) return this.#use(lane, batch);
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(
        new Fault('RESOURCE_EXHAUSTED', `${MAX_WAITING} writes wait for etcd already`, {
          reason: 'STORE_BUSY',
          retryAfterMs: 1000,
        }),
      );
    }
    return this.#wait(batch);
  }

  close(): void {
    this.#closed = true;
    this.#expiry?.cancel();
    for (const waiting of this.#waiting.splice(0)) waiting.refuse(closedFault());
  }

  #wait(batch: readonly Transaction[]): Promise<readonly Outcome[]> {
    const { clock, caller } = this.#settings;
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        batch,
        dueMs: clock.now() + caller.callTimeoutMs,
        start: (lane) => resolve(this.#use(lane, batch)),
        refuse: reject,
      });
      this.#expireLater();
    });
  }

  #take(): Lane | undefined {
    const idle = this.#idle.pop();
    if (idle !== undefined || this.#made >= MAX_LANES) return idle;
    this.#made += 1;
    return new Lane(this.#settings);
  }

  async #use(lane: Lane, batch: readonly Transaction[]): Promise<readonly Outcome[]> {
    try {
      return await lane.run(batch);
    } finally {
      void lane.whenUsable().then(() => this.#putBack(lane));
    }
  }

  #putBack(lane: Lane): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(lane);
    else next.start(lane);
  }

  /** All wait equally long, so the first is due first. */
  #expireLater(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#expiry !== undefined) return;
    const { clock } = this.#settings;
    this.#expiry = clock.timer(first.dueMs - clock.now(), () => this.#expire());
  }

  #expire(): void {
    this.#expiry = undefined;
    const nowMs = this.#settings.clock.now();
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || first.dueMs > nowMs) break;
      this.#waiting.shift();
      first.refuse(unavailable('etcd does not keep up; nothing was sent to it'));
    }
    this.#expireLater();
  }
}
