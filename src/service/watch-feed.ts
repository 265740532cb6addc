import type { Limits } from '../core/limits.js';
import type { Caller } from './caller.js';
import { Feed } from './feed.js';
import type { WatchPool } from './watch-pool.js';

/** What waits for a slow watcher, in bytes of what was stored; the number of events is bounded by `watchBacklog`. */
const BACKLOG_BYTES = 8 * 1024 * 1024;

export interface FeedParts {
  readonly limits: Limits;
  readonly watches: WatchPool;
}

/**
 * A feed for one watcher. It is counted among the daemon's watches, ends when the caller goes away, and is ended by
 * what `tooSlow` makes if the caller falls behind. `onEnd` is called once, when nothing more will be delivered or wanted.
 * @throws Fault RESOURCE_EXHAUSTED if the daemon has as many watches as it may.
 */
export function openFeed<T>(
  { limits, watches }: FeedParts,
  caller: Caller,
  tooSlow: () => Error,
  onEnd: () => void,
): Feed<T> {
  const { signal } = caller;
  const leave = watches.enter(caller);
  const end = (): void => {
    feed.end();
  };
  const capacity = { items: limits.watchBacklog, bytes: BACKLOG_BYTES };
  const feed = new Feed<T>(capacity, tooSlow, () => {
    signal.removeEventListener('abort', end);
    onEnd();
    leave();
  });
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  return feed;
}
