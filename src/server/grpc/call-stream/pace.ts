import { atTurnEnd } from '../../../clock/turn-end.js';
import { QuietTurns } from '../../../clock/quiet-turns.js';
import { Turns } from '../../../clock/turns.js';
import type { WireClock } from '../../handlers/wire.js';

const FIRST = 16;
const LEAST = 2;
const MOST = 256;
/** Turns of the event loop should be about so long. */
const SHORT_MS = 4;
const LONG_MS = 12;

/**
 * How many calls of a stream are begun, or given up, in one turn of the event loop. What one costs is known only afterwards, and may be
 * some µs or some ms: so there are more as long as turns are short, and fewer when they are long. Further ones wait for another turn,
 * which goes to one stream at a time.
 */
export class Pace {
  readonly #clock: WireClock;
  readonly #turns = new Turns(new QuietTurns());
  #size = FIRST;
  #isMeasured = false;

  constructor(clock: WireClock) {
    this.#clock = clock;
  }

  /** So many may be begun now. */
  begin(): number {
    const size = this.#size;
    if (!this.#isMeasured) {
      this.#isMeasured = true;
      const beganMs = this.#clock.now();
      atTurnEnd(() => {
        this.#isMeasured = false;
        const tookMs = this.#clock.now() - beganMs;
        if (tookMs > LONG_MS) this.#size = Math.max(LEAST, this.#size >> 1);
        else if (tookMs < SHORT_MS) this.#size = Math.min(MOST, this.#size << 1);
      });
    }
    return size;
  }

  nextTurn(): Promise<void> {
    return this.#turns.next();
  }
}
