import { setTimeout as pause } from 'node:timers/promises';
import type { Call, Failure, FencedWith, Thing, Value } from '../events.js';
import type { Recorder } from '../history.js';
import type { SeededRandom } from '../random.js';

/** What is done, for the history. */
export interface Asked {
  readonly call: Call;
  readonly thing: Thing;
  /** How long it may take by what is documented. */
  readonly boundMs: number;
  readonly fence?: FencedWith;
  readonly text?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Runs the operations of a client process, and records each: its beginning, its end, and that it was cancelled. */
export class Operations {
  readonly #recorder: Recorder;
  readonly #random: SeededRandom;
  #count = 0;

  constructor(recorder: Recorder, random: SeededRandom) {
    this.#recorder = recorder;
    this.#random = random;
  }

  /**
   * @param run is given the name of the operation, which no other one has.
   * @returns what it returns; undefined if it failed: that is in the history then, and nothing else becomes of it.
   */
  async run<T>(
    { signal, ...asked }: Asked,
    run: (op: string) => Promise<T>,
    valueOf: (result: T) => Value | undefined = () => undefined,
  ): Promise<T | undefined> {
    const op = `${this.#recorder.who}/${++this.#count}`;
    this.#recorder.record({ kind: 'begin', op, ...asked });
    const cancelled = (): void => this.#recorder.record({ kind: 'cancel', op });
    signal?.addEventListener('abort', cancelled, { once: true });
    try {
      const result = await run(op);
      const value = valueOf(result);
      const outcome = result === undefined ? 'none' : 'ok';
      this.#recorder.record({
        kind: 'end',
        op,
        outcome,
        ...(value === undefined ? {} : { value }),
      });
      return result;
    } catch (error) {
      const isOwn = signal?.aborted === true && error === signal.reason;
      this.#recorder.record(
        isOwn
          ? { kind: 'end', op, outcome: 'cancelled' }
          : { kind: 'end', op, outcome: 'error', error: failureOf(error) },
      );
      return undefined;
    } finally {
      signal?.removeEventListener('abort', cancelled);
    }
  }

  /** A signal that aborts after a while, at random; or none. */
  sometimesCancelled(probability: number, withinMs: number): AbortSignal | undefined {
    if (!this.#random.chance(probability)) return undefined;
    const controller = new AbortController();
    void pause(this.#random.between(0, withinMs)).then(() => {
      controller.abort(new Error('the soak cancels this call'));
    });
    return controller.signal;
  }
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'no error', message: String(error) };
  const { code, reason } = error as { code?: string; reason?: string }; // of a SharedLockError
  return { name: error.name, code, reason, message: error.message };
}
