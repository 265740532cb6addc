import type { Clock } from '../../clock/clock.js';
import { Fault, unavailable } from '../../core/errors.js';

const MAX_WAITING = 100_000;

export interface FewAtATimeSettings {
  readonly clock: Clock;
  /** How many at a time. */
  readonly limit: number;
  /** How long one may wait for its turn. */
  readonly patienceMs: number;
}

interface Waiting {
  readonly sinceMs: number;
  begin(): void;
  giveUp(fault: Fault): void;
}

/** Work of which only a few pieces are under way at a time; the others wait in the order of asking. */
export class FewAtATime {
  readonly #settings: FewAtATimeSettings;
  readonly #waiting = new Set<Waiting>();
  #underWay = 0;

  constructor(settings: FewAtATimeSettings) {
    this.#settings = settings;
  }

  /**
   * @throws Fault UNAVAILABLE if its turn did not come in time, RESOURCE_EXHAUSTED if too many wait: then it was not begun; and what it
   * throws itself.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#underWay < this.#settings.limit) this.#underWay++;
    else await this.#turn();
    try {
      return await work();
    } finally {
      this.#underWay--;
      this.#beginNext();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.size >= MAX_WAITING) {
      const message = `${MAX_WAITING} requests wait for etcd already`;
      throw new Fault('RESOURCE_EXHAUSTED', message, { retryAfterMs: 1000 });
    }
    return new Promise((begin, giveUp) => {
      this.#waiting.add({ sinceMs: this.#settings.clock.now(), begin, giveUp });
    });
  }

  /** What waited for too long is told so now: what was under way had no longer either. */
  #beginNext(): void {
    const { clock, patienceMs } = this.#settings;
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      if (clock.now() - waiting.sinceMs < patienceMs) {
        this.#underWay++;
        waiting.begin();
        return;
      }
      waiting.giveUp(unavailable('etcd did not answer; the lease may live on'));
    }
  }
}
