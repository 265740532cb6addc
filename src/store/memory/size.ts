import type { Entry, StoreEvent } from '../store.js';

/** Beside its texts: objects, and its places in maps. Measured on Node.js 20: 330, with its row in LMDB. */
const ENTRY_BYTES = 512;

/** With its place in the line of deadlines. */
export const LEASE_BYTES = 512;

/** What an entry takes of the memory, about. */
export function entryBytes({ key, value }: Entry): number {
  return ENTRY_BYTES + textBytes(key) + textBytes(value);
}

/** What an event adds to the memory, where `before` is; negative if it makes room. */
export function growthOf(event: StoreEvent, before: Entry | undefined): number {
  const after = event.kind === 'put' ? entryBytes(event.entry) : 0;
  return after - (before === undefined ? 0 : entryBytes(before));
}

/** V8 keeps a text in one byte for each UTF-16 unit, or, if only one unit needs it, in two. */
function textBytes(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
}

/** V8 copies shorter ones. */
const SHARED_FROM = 13;

/**
 * The event with a value of its own. A text that was cut out of a larger one keeps that in memory as long as it lives: a few
 * bytes of a request, say, all of its body.
 */
export function ownTexts(event: StoreEvent): StoreEvent {
  if (event.kind === 'delete' || event.entry.value.length < SHARED_FROM) return event;
  const value = Buffer.from(event.entry.value).toString();
  return { kind: 'put', entry: { ...event.entry, value } };
}
