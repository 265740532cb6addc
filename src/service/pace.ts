import type { Clock } from '../clock/clock.js';
import type { Turns } from '../clock/turns.js';
import { throwIfGone, type Caller } from './caller.js';

/** So much is done in one turn of the loop, in entries of the store: a few milliseconds. */
const ENTRIES_A_TURN = 100;

export interface PaceParts {
  readonly clock: Clock;
  readonly turns: Turns;
}

/** The pace of one request's long work: others have their turns in between, and it stops when its caller has left. */
export class Pace {
  readonly #parts: PaceParts;
  readonly #caller: Caller;
  #entries = 0;
  #turn: Promise<void> | undefined;

  constructor(parts: PaceParts, caller: Caller) {
    this.#parts = parts;
    this.#caller = caller;
  }

  /** Before the first piece: many may begin at once. @throws as `worked`. */
  async begin(): Promise<void> {
    await this.#parts.turns.next();
    throwIfGone(this.#caller, this.#parts.clock);
  }

  /**
   * After a piece of work on so many entries. What a request does concurrently waits together.
   * @throws Fault CANCELLED or DEADLINE_EXCEEDED if the caller no longer waits.
   */
  async worked(entries: number): Promise<void> {
    this.#entries += entries;
    if (this.#entries >= ENTRIES_A_TURN) {
      this.#turn ??= this.#nextTurn();
      await this.#turn;
    }
    throwIfGone(this.#caller, this.#parts.clock);
  }

  async #nextTurn(): Promise<void> {
    await this.#parts.turns.next();
    this.#entries = 0;
    this.#turn = undefined;
  }
}
