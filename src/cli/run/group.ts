import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Sends a signal to all processes of a group. @returns false if there are none. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    // ESRCH: nobody is left. EPERM: they have changed their user, and are not ours to signal.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    return signal === 0 && error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Waits until no process of a group is left. @returns false if some are after `limitMs`, dead ones that nobody collects included. */
export async function groupIsGone(leader: number, limitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += POLL_MS) {
    if (!signalGroup(leader, 0)) return true;
    await sleep(POLL_MS);
  }
  return !signalGroup(leader, 0);
}
