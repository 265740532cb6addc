import type { Election, ElectionEvent, Leader, ObserveRequest } from '../../core/election.js';
import { checkName } from '../../core/text.js';
import { exactly, prefixed } from '../../store/store.js';
import type { Entry, Revision, StoreEvent } from '../../store/store.js';
import type { Caller } from '../caller.js';
import { follow, type Step, type Subject } from '../follow.js';
import { inspect } from '../lock/inspect/inspect.js';
import { readExclusiveHolder } from '../lock/state/records.js';
import type { ElectionParts } from './parts.js';
import { electionOf, leaderOf } from './view.js';

/** Opens a watch of one election: the two keys of its leader, in one range. The stream ends when the caller goes away. */
export async function observe(
  parts: ElectionParts,
  { name, fromRevision }: ObserveRequest,
  caller: Caller,
): Promise<AsyncIterable<ElectionEvent>> {
  checkName(name, parts.limits.nameBytes);
  const { store, keys } = parts;
  const range = prefixed(keys.leader(name));
  const subject: Subject<Election, ElectionEvent> = {
    look: async () => {
      const state = await inspect(parts, name);
      return { revision: state.revision, state: electionOf(state) };
    },
    revision: async () => {
      return (await store.read({ range: exactly(keys.held(name)), keysOnly: true })).revision;
    },
    watch: (from, listener) => store.watch(range, from, listener),
    changes: (revision, events) => changesIn(parts, name, revision, events),
  };
  return eventsOf(await follow(parts, subject, fromRevision, caller));
}

async function* eventsOf(
  steps: AsyncIterable<Step<Election, ElectionEvent>>,
): AsyncGenerator<ElectionEvent> {
  for await (const step of steps) {
    if (step.kind === 'changes') yield* step.changes;
    else {
      const { isResync, revision, state } = step;
      yield { kind: isResync ? 'RESYNC' : 'STATE', revision, election: state };
    }
  }
}

/** Each revision is one event, or none. Undefined: who led is compacted. */
function changesIn(
  parts: ElectionParts,
  name: string,
  revision: Revision,
  events: readonly StoreEvent[],
): readonly ElectionEvent[] | undefined {
  const held = eventOn(parts.keys.held(name), events);
  const holder = eventOn(parts.keys.holder(name), events);
  if (held === undefined) return [];
  if (held.kind === 'delete') {
    if (held.previous === undefined) return undefined;
    const before = holder?.kind === 'delete' ? holder.previous : undefined;
    return [{ kind: 'VACATED', revision, leader: leader(parts, held.previous, before) }];
  }
  const record = holder?.kind === 'put' ? holder.entry : undefined;
  if (held.entry.version === 1) {
    return [{ kind: 'ELECTED', revision, leader: leader(parts, held.entry, record) }];
  }
  // Put again without a record: the leader was told of its term once more, and nothing changed.
  if (record === undefined) return [];
  return [{ kind: 'PROCLAIMED', revision, leader: leader(parts, held.entry, record) }];
}

/** Without an age, which would be that of now, not of the event. */
function leader({ clock }: ElectionParts, held: Entry, record: Entry | undefined): Leader {
  return leaderOf({ ...readExclusiveHolder(held, record, clock.wall()), ageMs: undefined });
}

function eventOn(key: string, events: readonly StoreEvent[]): StoreEvent | undefined {
  return events.find((event) => (event.kind === 'put' ? event.entry.key : event.key) === key);
}
