import type { Limits } from '../core/limits.js';
import type { Revision } from '../store/store.js';
import type { Caller } from './caller.js';
import { Feed } from './feed.js';
import { watcherTooSlow } from './watch-faults.js';
import type { WatchPool } from './watch-pool.js';

/**
 * A feed for one watcher, of items no two of which share a revision. It is counted among the daemon's watches,
 * ends when the caller goes away, and is ended if the caller falls behind.
 * `onEnd` is called once, when nothing more will be delivered or wanted.
 * @throws Fault RESOURCE_EXHAUSTED if the daemon has as many watches as it may.
 */
export function openFeed<T extends { readonly revision: Revision }>(
  { limits, watches }: { readonly limits: Limits; readonly watches: WatchPool },
  { signal }: Caller,
  onEnd: () => void,
): Feed<T> {
  const leave = watches.enter();
  const end = (): void => {
    feed.end();
  };
  const feed = new Feed<T>(
    limits.watchBacklog,
    (last) => watcherTooSlow(last?.revision ?? 0),
    () => {
      signal.removeEventListener('abort', end);
      onEnd();
      leave();
    },
  );
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  return feed;
}
