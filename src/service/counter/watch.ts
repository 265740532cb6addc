import type { Counter, WatchCounterRequest } from '../../core/counter.js';
import { isFault, unavailable } from '../../core/errors.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Limits } from '../../core/limits.js';
import { checkName } from '../../core/text.js';
import { exactly, type Store, type StoreEvent, type Watch } from '../../store/store.js';
import type { Caller } from '../caller.js';
import type { Feed } from '../feed.js';
import { checkFromRevision, watchEnded } from '../watch-faults.js';
import { openFeed } from '../watch-feed.js';
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
  // Before there is anything to let go of.
  const first = fromRevision === 0 ? readCounterState(now.entries[0]) : undefined;
  let watch: Watch | undefined = undefined;
  const feed = openFeed<Counter>(parts, caller, () => {
    watch?.close();
  });
  if (caller.signal.aborted) return feed;
  const since = fromRevision === 0 ? now.revision : fromRevision;
  watch = parts.store.watch(range, since + 1, {
    events: (revision, events) => {
      tell(feed, () => events.map((event) => changed(name, revision, event)));
    },
    ended: (end) => {
      feed.end(watchEnded(end));
    },
  });
  if (first !== undefined) feed.push({ name, value: first.value ?? 0n, revision: now.revision });
  return feed;
}

function tell(feed: Feed<Counter>, read: () => Counter[]): void {
  try {
    for (const counter of read()) feed.push(counter);
  } catch (error) {
    feed.end(isFault(error) ? error : unavailable('the watch was lost', error, 'WATCH_LOST'));
  }
}

function changed(name: string, revision: number, event: StoreEvent): Counter {
  const { value } = readCounterState(event.kind === 'put' ? event.entry : undefined);
  return { name, value: value ?? 0n, revision };
}
