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
