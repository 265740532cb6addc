import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;
/** What a command leaves behind has so long to end after a SIGTERM. */
const LEFTOVERS_MS = 1000;
/** What is killed needs so long at most to be gone. */
const KILLED_MS = 1000;

/** All that belongs to a command, and shall not outlive the lock. */
export interface Processes {
  signal(signal: NodeJS.Signals): void;
  /** Whether a look finds nothing left of them. Several may be needed: see the class. */
  areGone(): boolean;
}

/** Waits until nothing is left, and does something meanwhile. @returns false if something is left after `limitMs`. */
async function gone(
  processes: Processes,
  limitMs: number,
  meanwhile: () => void = () => undefined,
): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += POLL_MS) {
    if (processes.areGone()) return true;
    meanwhile();
    await sleep(POLL_MS);
  }
  return processes.areGone();
}

/** Kills all, and what was being started meanwhile. @returns false if something is left after a second. */
export function killAll(processes: Processes): Promise<boolean> {
  processes.signal('SIGKILL');
  return gone(processes, KILLED_MS, () => processes.signal('SIGKILL'));
}

/** Ends what a command that has ended has left behind. */
export async function endLeftovers(processes: Processes): Promise<void> {
  if (processes.areGone()) return;
  for (const signal of ['SIGTERM', 'SIGCONT'] as const) processes.signal(signal);
  if (!(await gone(processes, LEFTOVERS_MS))) await killAll(processes);
}
