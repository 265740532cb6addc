import { randomName } from '../../clock/random.js';
import type { Outcome, Transaction } from '../store.js';
import { Lane, type LaneSettings } from './lane.js';

/** Requests in flight at once. One alone would leave etcd idle while we think; more than two make smaller batches. */
const MAX_IN_FLIGHT = 2;
/** With those that are finding out what became of a request, which may take as long as etcd is away. */
export const MAX_LANES = 64;

/** The lanes of this daemon. They are made as they are needed; the last used is taken first. */
export class LanePool {
  readonly #settings: LaneSettings;
  readonly #onFree: () => void;
  readonly #idle: Lane[] = [];
  #made = 0;
  #inFlight = 0;

  /** `onFree` is called when `hasFree` may have become true. */
  constructor(settings: Omit<LaneSettings, 'newKey'>, daemonRoot: string, onFree: () => void) {
    const root = `${daemonRoot}lane/${randomName()}/`;
    let keys = 0;
    this.#settings = { ...settings, newKey: () => `${root}${++keys}` };
    this.#onFree = onFree;
  }

  get hasFree(): boolean {
    return this.#inFlight < MAX_IN_FLIGHT && (this.#idle.length > 0 || this.#made < MAX_LANES);
  }

  /** As `Lane.run`, on a free lane. */
  async run(batch: readonly Transaction[]): Promise<readonly Outcome[]> {
    const lane = this.#take();
    this.#inFlight += 1;
    let isCounted = true;
    const uncount = (): void => {
      if (isCounted) this.#inFlight -= 1;
      isCounted = false;
    };
    try {
      return await lane.run(batch, () => {
        uncount();
        this.#onFree();
      });
    } finally {
      uncount();
      void lane.whenUsable().then(() => {
        this.#idle.push(lane);
        this.#onFree();
      });
    }
  }

  #take(): Lane {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    this.#made += 1;
    return new Lane(this.#settings);
  }
}
