import type { Keeper } from './keeping/keeper.js';
import type { Settings } from './settings.js';
import type { Caller } from './wire/caller.js';
import type { Streams } from './wire/streams.js';
import type { Works } from './works.js';

/** What everything of a client is made of. */
export interface ClientParts {
  readonly settings: Settings;
  readonly caller: Caller;
  readonly streams: Streams;
  readonly keeper: Keeper;
  readonly background: Background;
  readonly works: Works;
  /** Aborts when the client begins to close: who waits shall clean up. */
  readonly stopping: AbortSignal;
}

/** Work that nobody waits for, but the end of the client. */
export class Background {
  readonly #warn: (warning: Error) => void;
  readonly #underWay = new Set<Promise<void>>();

  constructor(warn: (warning: Error) => void) {
    this.#warn = warn;
  }

  /** `what` failed, if it does: for the warning. @returns when it has ended, however it does; never rejects. */
  run(what: string, work: () => Promise<unknown>): Promise<void> {
    const done = work()
      .then(
        () => undefined,
        (error: unknown) => this.#warn(new Error(`${what} failed`, { cause: error })),
      )
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
    return done;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }
}
