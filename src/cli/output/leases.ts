import type { LeaseView } from '../../core/lease.js';
import type { LeaseEvent } from '../client/follow-lease.js';
import { harmless, labelText, shortDuration } from './table.js';
import type { Column } from './table.js';

export const LEASE_COLUMNS: readonly Column<LeaseView>[] = [
  { title: 'OWNER', of: ({ owner }) => owner },
  { title: 'TTL', of: ({ ttlSeconds }) => shortDuration(ttlSeconds * 1000) },
  { title: 'LEFT', of: ({ remainingTtlSeconds }) => shortDuration(remainingTtlSeconds * 1000) },
  { title: 'HOLDS', of: ({ holds }) => holds.map(({ name }) => name).join(',') },
  { title: 'LEADS', of: ({ leads }) => leads.join(',') },
  { title: 'LABELS', of: ({ labels }) => labelText(labels) },
];

export function leaseEventLine(event: LeaseEvent): string {
  if (event.kind === 'ENDED') return harmless(`ENDED  ${event.message}`);
  const { holds, leads, remainingTtlSeconds } = event.lease;
  const held = [...holds.map(({ name }) => name), ...leads].join(',') || 'nothing';
  return harmless(
    `${event.kind}  left=${shortDuration(remainingTtlSeconds * 1000)}  holds ${held}`,
  );
}
