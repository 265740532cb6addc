import type { Holder, LockEvent, LockState, Waiter } from '../../core/lock.js';
import { visible } from '../../core/visible.js';
import { cell, labelText, shortDuration } from './table.js';
import type { Column } from './table.js';

type HolderRow =
  | { readonly kind: 'holder' | 'taken from'; readonly holder: Holder }
  | { readonly kind: 'waiter'; readonly waiter: Waiter };

export const HOLDER_COLUMNS: readonly Column<HolderRow>[] = [
  {
    title: 'WHO',
    of: (row) => (row.kind === 'waiter' ? `waiter ${row.waiter.position}` : row.kind),
  },
  { title: 'OWNER', of: (row) => one(row).owner },
  { title: 'MODE', of: (row) => modeText(one(row)) },
  { title: 'TOKEN', of: (row) => ('holder' in row ? String(row.holder.fencingToken) : '') },
  { title: 'AGE', of: (row) => shortDuration('holder' in row ? row.holder.ageMs : undefined) },
  { title: 'LEFT', of: (row) => ('holder' in row ? left(row.holder) : '') },
  { title: 'LABELS', of: (row) => labelText(one(row).labels) },
  { title: 'VALUE', of: (row) => ('holder' in row ? valueText(row.holder) : '') },
];

export const LOCK_COLUMNS: readonly Column<LockState>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'MODE', of: ({ holders: [holder] }) => holder?.mode.toLowerCase() ?? '' },
  { title: 'HOLDER', of: holderText },
  { title: 'TOKEN', of: ({ holders: [holder] }) => String(holder?.fencingToken ?? '') },
  { title: 'AGE', of: ({ holders: [holder] }) => shortDuration(holder?.ageMs) },
  { title: 'LEFT', of: ({ holders: [holder] }) => (holder === undefined ? '' : left(holder)) },
  { title: 'WAITERS', of: ({ waiterCount }) => String(waiterCount) },
];

/** What is too much for an answer is left out. */
function valueText({ value, valueOmitted }: Holder): string {
  return valueOmitted ? '(left out)' : value;
}

function one(row: HolderRow): Holder | Waiter {
  return row.kind === 'waiter' ? row.waiter : row.holder;
}

function modeText({ mode, permits }: Pick<Holder, 'mode' | 'permits'>): string {
  return mode === 'SEMAPHORE' ? `semaphore (${permits})` : mode.toLowerCase();
}

function holderText({ holders: [first], holderCount }: LockState): string {
  const owner = first === undefined ? '' : first.owner || 'without a name';
  return holderCount > 1 ? `${owner} and ${holderCount - 1} more` : owner;
}

function left({ remainingTtlSeconds }: Holder): string {
  if (remainingTtlSeconds === undefined) return '';
  return shortDuration(remainingTtlSeconds * 1000);
}

/** A line has room for so many names. */
const MAX_NAMED = 5;

/** Why a lock was not got. @param count how many hold it, where only the first are known. */
export function heldBy(holders: readonly Holder[], count = holders.length): string {
  if (holders.length === 0) return 'others wait for it';
  const named = holders.slice(0, MAX_NAMED);
  const owners = named.map(({ owner }) => cell(owner || 'somebody without a name')).join(', ');
  const more = count - named.length;
  return `it is held by ${owners}${more > 0 ? ` and ${more} more` : ''}`;
}

export function lockEventLine(event: LockEvent): string {
  const { kind, revision } = event;
  const words = [String(revision), kind];
  if ('lock' in event) {
    const { holders, waiterCount } = event.lock;
    words.push(holders.length === 0 ? 'not held' : heldBy(holders).replace('it is ', ''));
    words.push(`waiters=${waiterCount}`);
  } else if ('holder' in event) {
    words.push(`owner=${event.holder.owner || '-'}`, `token=${event.holder.fencingToken}`);
    words.push(modeText(event.holder));
    if (event.kind === 'RELEASED') words.push(`cause=${event.end.cause}`);
    if (event.kind === 'RELEASED' && event.end.cause === 'PREEMPTED') words.push(event.end.reason);
  } else {
    words.push(`owner=${event.waiter.owner || '-'}`, modeText(event.waiter));
  }
  return visible(words.join('  '));
}
