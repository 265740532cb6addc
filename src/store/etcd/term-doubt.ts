import type { Clock } from '../../clock/clock.js';
import type { Connection } from './connection.js';
import { termOf, type Answer, type RaftTerm } from './raft-term.js';

/**
 * A leader that was replaced and can't reach a majority steps down within two election timeouts, each 1 s by default. A member that is
 * still behind after this, and is the only one to be reached, is not behind: what was known is of a cluster that is no more.
 */
const BEHIND_MS = 2500;
/** A member that was not heard of for so long may have stood still: it is counted from anew. */
const GAP_MS = 5000;

/** A member that answers in an earlier term than is known; nobody has answered in the known one since. */
interface Behind {
  readonly connection: Connection;
  readonly sinceMs: number;
  readonly lastMs: number;
}

/** Whether a renewal's answer is believed (D36): not if its member is in an earlier term than is known. */
export class TermDoubt {
  readonly #clock: Clock;
  readonly #raftTerm: RaftTerm;
  #behind: Behind | undefined;

  constructor(clock: Clock, raftTerm: RaftTerm) {
    this.#clock = clock;
    this.#raftTerm = raftTerm;
  }

  /** @param isSecond whether another member was behind for the same renewal: then what was known is over, too. */
  isBelieved(answer: Answer, connection: Connection, isSecond: boolean): boolean {
    const behindMs = this.#behindMs(connection);
    if (isSecond || behindMs >= BEHIND_MS) this.#raftTerm.seeAnew(answer);
    else this.#raftTerm.see(answer);
    if (termOf(answer) === this.#raftTerm.latest) {
      this.#behind = undefined;
      return true;
    }
    const nowMs = this.#clock.now();
    this.#behind = { connection, sinceMs: nowMs - behindMs, lastMs: nowMs };
    return false;
  }

  #behindMs(connection: Connection): number {
    const behind = this.#behind;
    const nowMs = this.#clock.now();
    if (behind?.connection !== connection || nowMs - behind.lastMs >= GAP_MS) return 0;
    return nowMs - behind.sinceMs;
  }
}
