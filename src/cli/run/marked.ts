import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 25;
const MAX_LOOKS = 40;
/** Of a process that is just being started there may be nothing to read at one moment. */
const QUIET_LOOKS = 3;

/**
 * Kills the processes of this user that have a variable of this value in their environment, and waits until there are none.
 * Where there is no /proc none are found.
 */
export async function killMarked(variable: string, value: string): Promise<void> {
  const mark = `\0${variable}=${value}\0`;
  for (let looks = 0, quiet = 0; looks < MAX_LOOKS && quiet < QUIET_LOOKS; looks++) {
    const found = processes().filter((pid) => environmentOf(pid).includes(mark));
    for (const pid of found) kill(pid);
    quiet = found.length === 0 ? quiet + 1 : 0;
    await sleep(POLL_MS);
  }
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    // Not Linux.
    return [];
  }
}

/** Empty for a process that has ended, or is another user's. */
function environmentOf(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`;
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or become another user's.
  }
}
