import type { Clock, Timer } from '../../clock/clock.js';
import { heldSince, nextState, nextTickAtMs } from '../../core/lease-state.js';
import type { LeaseState, LossCause } from '../../core/lease-state.js';

/** Is told of each new state; a renewal makes a new one too. */
export type StateListener = (after: LeaseState, before: LeaseState) => void;

/** The state of one lease over time: one timer, armed for the next deadline. */
export class LeaseGuard {
  readonly #clock: Clock;
  readonly #listeners = new Set<StateListener>();
  #state: LeaseState;
  #timer: Timer | undefined;
  #refusal: string | undefined;
  #isOver = false;

  constructor(clock: Clock, sentAtMs: number, ttlMs: number) {
    this.#clock = clock;
    this.#state = heldSince(sentAtMs, ttlMs);
    this.#arm();
  }

  /** As of now: it looks at the clock. */
  get state(): LeaseState {
    this.tick();
    return this.#state;
  }

  /** @returns what ends the listening. */
  listen(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tick(): void {
    this.#enter(nextState(this.#state, { kind: 'TICKED', nowMs: this.#clock.now() }));
  }

  /** What the last renewal was refused with that was sent since one succeeded. It says nothing of the lease; the deadline decides. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  refused(message: string): void {
    this.#refusal = message;
  }

  renewed(sentAtMs: number, ttlMs: number): void {
    this.#refusal = undefined;
    const nowMs = this.#clock.now();
    this.#enter(nextState(this.#state, { kind: 'RENEWED', nowMs, sentAtMs, ttlMs }));
  }

  stalled(): void {
    this.#enter(nextState(this.#state, { kind: 'STALLED', nowMs: this.#clock.now() }));
  }

  ended(cause: LossCause): void {
    this.#enter(nextState(this.#state, { kind: 'ENDED', nowMs: this.#clock.now(), cause }));
  }

  /** Nothing more happens: its owner gave the lease back. */
  stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  #enter(entered: LeaseState): void {
    const before = this.#state;
    if (this.#isOver || entered === before) return;
    const after = this.#explained(entered);
    this.#state = after;
    this.#arm();
    for (const listener of [...this.#listeners]) listener(after, before);
  }

  #explained(state: LeaseState): LeaseState {
    if (state.kind !== 'LOST' || state.cause.kind !== 'UNREACHABLE') return state;
    if (this.#refusal === undefined) return state;
    return { ...state, cause: { ...state.cause, refusal: this.#refusal } };
  }

  #arm(): void {
    this.#timer?.cancel();
    const dueMs = nextTickAtMs(this.#state);
    if (dueMs === undefined) return;
    this.#timer = this.#clock.timer(dueMs - this.#clock.now(), () => this.tick());
  }
}
