import type { Labels } from './labels.js';
import type { LeaseView } from './lease.js';
import type { Holder, LockState, Waiter } from './lock.js';
import { utf8Length } from './text.js';

/**
 * No answer is larger than the 4 MiB that clients of gRPC take by default, in bytes of UTF-8. A page ends with this; only one that
 * has a single item may be larger, up to the three bounds of a lock together.
 */
export const PAGE_BYTES = 2 * 1024 * 1024;

/** Values that an answer shows of the holders of one lock, in all; the others are left out. */
export const SHOWN_VALUE_BYTES = 1024 * 1024;

/** Holders of one lock that an answer shows, without their values; and waiters. */
export const SHOWN_BYTES = 1024 * 1024;

/** In a list, of each lease: the locks that it holds; and the elections in which it leads. */
export const LISTED_BYTES = 32 * 1024;

/** Numbers, times, and what frames them on the wire. */
const ITEM_BYTES = 128;
const LABEL_BYTES = 8;

/** The first of those who hold a lock, as far as an answer shows them, and without the values that are too much. */
export function shownHolders(holders: Iterable<Holder>): Holder[] {
  return whileBelow(withoutExcess(holders), holderBytes, SHOWN_BYTES);
}

function* withoutExcess(holders: Iterable<Holder>): Generator<Holder> {
  let bytes = 0;
  for (const holder of holders) {
    bytes += utf8Length(holder.value);
    const isOver = bytes > SHOWN_VALUE_BYTES && holder.value !== '';
    yield isOver ? { ...holder, value: '', valueOmitted: true } : holder;
  }
}

/** Without the value. */
function holderBytes({ owner, labels }: Pick<Holder, 'owner' | 'labels'>): number {
  return ITEM_BYTES + utf8Length(owner) + labelsBytes(labels);
}

export function waiterBytes({ owner, labels }: Waiter): number {
  return ITEM_BYTES + utf8Length(owner) + labelsBytes(labels);
}

export function lockBytes({ name, holders, waiters }: LockState): number {
  let bytes = ITEM_BYTES + utf8Length(name);
  for (const holder of holders) bytes += holderBytes(holder) + utf8Length(holder.value);
  for (const waiter of waiters) bytes += waiterBytes(waiter);
  return bytes;
}

export function leaseBytes({ key, owner, labels, election, holds, leads }: LeaseView): number {
  let bytes = ITEM_BYTES + utf8Length(key) + utf8Length(owner) + utf8Length(election);
  for (const { name } of holds) bytes += nameBytes(name);
  for (const name of leads) bytes += nameBytes(name);
  return bytes + labelsBytes(labels);
}

/** Of a lock that a lease holds, or an election. */
export function nameBytes(name: string): number {
  return LABEL_BYTES + utf8Length(name);
}

function labelsBytes(labels: Labels): number {
  let bytes = 0;
  for (const [key, value] of labels) bytes += LABEL_BYTES + utf8Length(key) + utf8Length(value);
  return bytes;
}

/** The items from the first on that have so many bytes in all; at least the first. Makes no more of them than that. */
export function whileBelow<T>(
  items: Iterable<T>,
  bytesOf: (item: T) => number,
  maxBytes: number,
): T[] {
  const taken: T[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += bytesOf(item);
    if (bytes > maxBytes && taken.length > 0) break;
    taken.push(item);
  }
  return taken;
}
