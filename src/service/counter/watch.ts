import type { CounterEvent, WatchCounterRequest } from '../../core/counter.js';
import type { KeyLayout } from '../../core/keys.js';
import { checkName } from '../../core/text.js';
import { exactly, type Entry, type Revision, type Store } from '../../store/store.js';
import type { Caller } from '../caller.js';
import { follow, type Step, type Subject } from '../follow.js';
import type { FeedParts } from '../watch-feed.js';
import { readCounterState } from './counter-state.js';

/** Opens a watch of one counter. The stream ends when the caller goes away. */
export async function watchCounter(
  parts: FeedParts & { readonly store: Store; readonly layout: KeyLayout },
  { name, fromRevision }: WatchCounterRequest,
  caller: Caller,
): Promise<AsyncIterable<CounterEvent>> {
  checkName(name, parts.limits.nameBytes);
  const { store, layout } = parts;
  const range = exactly(layout.counter(name));
  const look = async (): Promise<{ readonly revision: Revision; readonly state: bigint }> => {
    const { revision, entries } = await store.read({ range });
    return { revision, state: valueOf(entries[0]) };
  };
  const subject: Subject<bigint, bigint> = {
    look,
    revision: async () => (await store.read({ range, keysOnly: true })).revision,
    watch: (from, listener) => store.watch(range, from, listener),
    changes: (_, events) =>
      events.map((event) => valueOf(event.kind === 'put' ? event.entry : undefined)),
  };
  return eventsOf(name, await follow(parts, subject, fromRevision, caller));
}

async function* eventsOf(
  name: string,
  steps: AsyncIterable<Step<bigint, bigint>>,
): AsyncGenerator<CounterEvent> {
  for await (const step of steps) {
    const { revision } = step;
    if (step.kind === 'state') {
      const value = step.state;
      yield { name, value, revision, ...(step.isResync ? { resync: true } : {}) };
    } else for (const value of step.changes) yield { name, value, revision };
  }
}

/** @throws Fault DATA_LOSS if another program wrote what is no 64-bit integer. */
function valueOf(entry: Entry | undefined): bigint {
  return readCounterState(entry).value ?? 0n;
}
