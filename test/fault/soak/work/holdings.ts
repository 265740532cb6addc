import type { HoldState } from '../../../../src/index.js';
import { sharedNow, type Thing } from '../events.js';
import type { Recorder } from '../history.js';
import { failureOf } from './operations.js';

/** A `Lock` or a `Leadership`, as far as it says what its holder may believe. */
export interface Believable {
  readonly signal: AbortSignal;
  readonly state: HoldState;
  readonly lease: { readonly ttlMs: number };
}

/** What a process holds, and that it believes so: it is asked again and again, and right after each stall. */
export class Holdings {
  readonly #recorder: Recorder;
  readonly #held = new Set<Holding>();
  #count = 0;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** To be called at once when the grant is there. */
  begin(op: string, thing: Thing, token: number, held: Believable): Holding {
    const hold = `${this.#recorder.who}#${++this.#count}`;
    const { ttlMs } = held.lease;
    this.#recorder.record({ kind: 'granted', hold, op, thing, token, ttlMs });
    const holding = new Holding(this.#recorder, hold, held, () => this.#held.delete(holding));
    this.#held.add(holding);
    // It may be lost already, where the process stood still.
    holding.sample();
    return holding;
  }

  sample(): void {
    for (const holding of this.#held) holding.sample();
  }
}

export class Holding {
  readonly #recorder: Recorder;
  readonly #hold: string;
  readonly #held: Believable;
  readonly #over: () => void;

  constructor(recorder: Recorder, hold: string, held: Believable, over: () => void) {
    this.#recorder = recorder;
    this.#hold = hold;
    this.#held = held;
    this.#over = over;
    const { signal } = held;
    const aborted = (): void => {
      recorder.record({ kind: 'aborted', hold, why: failureOf(signal.reason) });
    };
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  }

  /** Asks once more. @returns whether the holder may go on. */
  sample(): boolean {
    // Before it is asked: what is true then was true at the stamp.
    const at = sharedNow();
    const { state } = this.#held;
    const believes = !this.#held.signal.aborted && (state === 'HELD' || state === 'SUSPECT');
    this.#recorder.record({ kind: 'belief', hold: this.#hold, believes, state }, at);
    if (state === 'LOST' || state === 'RELEASED') this.#over();
    return believes;
  }

  /** The work under it has come to its end. */
  workEnds(): void {
    this.#recorder.record({ kind: 'workEnded', hold: this.#hold });
  }

  /** The holder gives it back now, unless it has lost it already. */
  yields(): void {
    if (this.sample()) this.#recorder.record({ kind: 'yielded', hold: this.#hold });
    this.#over();
  }
}
