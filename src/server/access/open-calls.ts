import type { CallScope, CallSet } from '../handlers/call-scope.js';
import type { Guard } from './guard.js';

/** The calls under way of both wires, as far as the guard has to look at them again. */
export class OpenCalls {
  readonly #guard: Guard;
  readonly #sets: readonly CallSet[];

  constructor(guard: Guard, sets: readonly CallSet[]) {
    this.#guard = guard;
    this.#sets = sets;
  }

  /** After the guard was given another policy. @param pause is called after each; may wait for the next turn of the loop. */
  async lookAgain(pause: () => Promise<void> | undefined): Promise<void> {
    for (const scope of this.#all()) {
      this.#guard.lookAgain(scope, scope.call);
      const pausing = pause();
      if (pausing !== undefined) await pausing;
    }
  }

  /** Ends those of callers whose token or certificate has ended. */
  expire(wallMs: number): void {
    for (const scope of this.#all()) this.#guard.expire(scope, scope.call, wallMs);
  }

  /** As they are now: those that come meanwhile were let in by what the guard has now. */
  #all(): readonly CallScope[] {
    return this.#sets.flatMap((calls) => [...calls.all()]);
  }
}
