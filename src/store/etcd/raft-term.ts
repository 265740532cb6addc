import type { Clock } from '../../clock/clock.js';
import type { LeaderChange, Revision } from '../store.js';
import type { ResponseHeader } from './kv-messages.js';
import { toNumber } from './wire.js';

/** What all answers of etcd have in common; etcd3's and ours. */
export interface Answer {
  readonly header: ResponseHeader | null;
}

/** How often etcd's members have elected a leader: the term of raft, the highest that an answer named. */
export class RaftTerm {
  readonly #clock: Clock;
  #latest = 0;
  #revision: Revision = 0;
  #lastChange: LeaderChange | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** 0 before the first answer. */
  get latest(): number {
    return this.#latest;
  }

  /** To the latest term; undefined: no other is known. */
  get lastChange(): LeaderChange | undefined {
    return this.#lastChange;
  }

  see(answer: Answer): void {
    if (answer.header === null) return;
    const term = termOf(answer);
    this.#revision = Math.max(this.#revision, toNumber(answer.header.revision));
    if (term <= this.#latest) return;
    if (this.#latest > 0) {
      this.#lastChange = { revision: this.#revision, atMs: this.#clock.now() };
    }
    this.#latest = term;
  }

  /** As `see`, though what was known is later: of a cluster that is no more, and was made anew from a copy. */
  seeAnew(answer: Answer): void {
    this.#latest = Math.min(this.#latest, termOf(answer));
    this.see(answer);
  }
}

/** The term in which the member that answered was. */
export function termOf({ header }: Answer): number {
  return header === null ? 0 : toNumber(header.raft_term);
}
