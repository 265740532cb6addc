import { processTable } from './process-table.js';
import type { Processes } from './processes.js';

/** All processes of a group: those that a command starts, unless they leave it. */
export class ProcessGroup implements Processes {
  readonly #leader: number;

  constructor(leader: number) {
    this.#leader = leader;
  }

  signal(signal: NodeJS.Signals): void {
    this.#send(signal);
  }

  /** Dead ones that nobody collects, as without an init, are told from others where there is a /proc. */
  areGone(): boolean {
    if (!this.#send(0)) return true;
    const members = processTable().filter(({ group }) => group === this.#leader);
    return members.length > 0 && members.every(({ isDead }) => isDead);
  }

  #send(signal: NodeJS.Signals | 0): boolean {
    try {
      process.kill(-this.#leader, signal);
      return true;
    } catch (error) {
      // ESRCH: nobody is left. EPERM: they have changed their user, and are not ours to signal.
      return signal === 0 && error instanceof Error && 'code' in error && error.code === 'EPERM';
    }
  }
}
