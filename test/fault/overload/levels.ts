import type { DaemonProcess } from '../../support/daemon-process.js';
import { askOnce } from './ask-once.js';

/** What a daemon has under way, and by how much it may be above what it was: those who hold locks renew them meanwhile. */
const LEVELS: Readonly<Record<string, number>> = {
  shared_lock_waiters: 0,
  shared_lock_holds: 0,
  'shared_lock_in_use{of="requests"}': 2,
  'shared_lock_in_use{of="open_calls"}': 2,
  'shared_lock_in_use{of="renewals"}': 2,
  // Two client libraries have up to three ways each, and more where answers are late.
  'shared_lock_in_use{of="renewal_streams"}': 10,
  'shared_lock_in_use{of="connections"}': 12,
  'shared_lock_in_use{of="buffered_bytes"}': 10_000,
  process_open_fds: 16,
};

export type Levels = Readonly<Record<string, number>>;

export async function levelsOf(daemon: DaemonProcess): Promise<Levels> {
  const { status, body } = await askOnce(daemon, 'GET', '/metrics');
  if (status !== 200) throw new Error(`/metrics: ${status} ${body}`);
  const lines = new Map(
    body.split('\n').map((line) => [line.slice(0, line.lastIndexOf(' ')), line]),
  );
  const levels = Object.keys(LEVELS).map((name) => {
    const line = lines.get(name);
    if (line === undefined) throw new Error(`no ${name} in the metrics`);
    return [name, Number(line.slice(name.length))];
  });
  return Object.fromEntries(levels) as Levels;
}

/** What is above the level of before; empty: nothing. */
export function raised(before: Levels, now: Levels): string {
  const above = Object.entries(LEVELS).filter(
    ([name, slack]) => (now[name] ?? Infinity) > (before[name] ?? 0) + slack,
  );
  return above.map(([name]) => `${name}: ${before[name]} before, ${now[name]} now`).join(', ');
}
