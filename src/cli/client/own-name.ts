import { hostname, userInfo } from 'node:os';

/** `user@host:pid`: who asks, for people who look at the locks. */
export function ownName(pid: number): string {
  return `${userName()}@${hostname()}:${pid}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user has no entry in /etc/passwd, as is usual in containers.
    return String(process.getuid?.() ?? 'nobody');
  }
}
