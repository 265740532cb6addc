import { formatDuration } from '../../core/duration.js';
import type { LeaseView } from '../../core/lease.js';
import type { LeaseEvent } from '../../client/convert/lease-event.js';
import { visible } from '../../core/visible.js';
import { labelText, shortDuration } from './table.js';
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
  switch (event.kind) {
    case 'ALIVE':
      return `ALIVE  ttl=${formatDuration(event.ttlMs)}  left=${shortDuration(event.remainingMs)}`;
    case 'JEOPARDY':
      return `JEOPARDY  left=${shortDuration(event.remainingMs)}`;
    case 'LOST': {
      const reason = event.end.cause === 'PREEMPTED' ? `  ${event.end.reason}` : '';
      return visible(`LOST  cause=${event.end.cause}${reason}`);
    }
  }
}
