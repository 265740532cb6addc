import type { Counter, WatchCounterRequest } from '../../core/counter.js';
import { isFault, unavailable } from '../../core/errors.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Limits } from '../../core/limits.js';
import { checkName } from '../../core/text.js';
import { exactly, type Store, type StoreEvent } from '../../store/store.js';
import type { Caller } from '../caller.js';
import { Feed } from '../feed.js';
import { checkFromRevision, watchEnded, watcherTooSlow } from '../watch-faults.js';
import type { WatchPool } from '../watch-pool.js';
import { readCounterState } from './counter-state.js';

/** Opens a watch of one counter. The stream ends when the caller goes away. */
export async function watchCounter(
  parts: {
    readonly store: Store;
    readonly layout: KeyLayout;
    readonly limits: Limits;
    readonly watches: WatchPool;
  },
  { name, fromRevision }: WatchCounterRequest,
  caller: Caller,
): Promise<AsyncIterable<Counter>> {
  checkName(name, parts.limits.nameBytes);
  const range = exactly(parts.layout.counter(name));
  const now = await parts.store.read({ range });
  checkFromRevision(fromRevision, now.revision);
  const leave = parts.watches.enter();
  const feed = new Feed<Counter>(
    parts.limits.watchBacklog,
    (last) => watcherTooSlow(last?.revision ?? 0),
    () => {
      watch.close();
      leave();
    },
  );
  const since = fromRevision === 0 ? now.revision : fromRevision;
  const watch = parts.store.watch(range, since + 1, {
    events: (revision, events) => {
      tell(feed, () => events.map((event) => changed(name, revision, event)));
    },
    ended: (end) => {
      feed.end(watchEnded(end));
    },
  });
  caller.signal.addEventListener(
    'abort',
    () => {
      feed.end();
    },
    { once: true },
  );
  if (caller.signal.aborted) feed.end();
  if (fromRevision === 0) {
    const { value } = readCounterState(now.entries[0]);
    feed.push({ name, value: value ?? 0n, revision: now.revision });
  }
  return feed;
}

function tell(feed: Feed<Counter>, read: () => Counter[]): void {
  try {
    for (const counter of read()) feed.push(counter);
  } catch (error) {
    feed.end(isFault(error) ? error : unavailable('the watch was lost', error));
  }
}

function changed(name: string, revision: number, event: StoreEvent): Counter {
  const { value } = readCounterState(event.kind === 'put' ? event.entry : undefined);
  return { name, value: value ?? 0n, revision };
}
