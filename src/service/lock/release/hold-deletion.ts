import type { Clock } from '../../../clock/clock.js';
import type { KeyLayout, LockKeys } from '../../../core/keys.js';
import type { ReleaseRequest } from '../../../core/lock.js';
import { exactly } from '../../../store/store.js';
import type { Delete, Operation, Revision } from '../../../store/store.js';
import type { ServiceTelemetry } from '../../../telemetry/service-telemetry.js';
import type { Janitor } from '../../janitor.js';
import { readLeaseRecord, type RecordedLease } from '../../lease/record.js';
import { readKey, remove, type Done } from '../../transaction.js';
import type { DeletionWatches } from '../acquire/deletion-watches.js';
import type { Predecessors } from '../acquire/predecessors.js';
import { endOwnLease, type OwnLeaseEndParts } from '../grant/own-lease-end.js';
import type { LikelyHeld } from '../state/likely-held.js';
import type { RecentGrants } from '../state/recent-grants.js';
import { acquiredAt } from '../state/records.js';

/** What was known of a hold when it was deleted. */
export interface Released {
  readonly recorded: RecordedLease;
  /** By the wall clock of the daemon that granted it; undefined if that is not recorded. */
  readonly acquiredAtMs: number | undefined;
  /** Whether the lease was marked as ending with it. */
  readonly isMarked: boolean;
  /** The key that is gone, and when it went. */
  readonly key: string;
  readonly revision: Revision;
}

/** Deletes `key`, which holds the lock, and what stands beside it. */
export function deleteHold(
  { keys, layout }: { readonly keys: LockKeys; readonly layout: KeyLayout },
  { name, lease }: Pick<ReleaseRequest, 'name' | 'lease'>,
  key: string,
): { readonly operations: readonly Operation[]; found(done: Done): Released } {
  const record = readKey(layout.lease(lease));
  const holder = readKey(key === keys.held(name) ? keys.holder(name) : key);
  return {
    operations: [record, holder, ...deletionOf(keys, name, key)],
    found: (done) => {
      const recorded = {
        lease,
        record: readLeaseRecord(done.entry(record)),
        recordRevision: done.entry(record)?.modRevision ?? 0,
      };
      const acquiredAtMs = acquiredAt(done.entry(holder));
      return { recorded, acquiredAtMs, isMarked: false, key, revision: done.revision };
    },
  };
}

/** The key that holds the lock, and what stands beside that of an exclusive holder. */
export function deletionOf(keys: LockKeys, name: string, key: string): Delete[] {
  return key === keys.held(name) ? [remove(key), remove(keys.holder(name))] : [remove(key)];
}

/** Who is to know that a lock is free. */
export interface AfterReleaseParts extends OwnLeaseEndParts {
  readonly clock: Clock;
  readonly predecessors: Predecessors;
  readonly likelyHeld: LikelyHeld;
  readonly recentGrants: RecentGrants;
  readonly deletions: DeletionWatches;
  readonly janitor: Janitor;
  readonly telemetry: ServiceTelemetry;
}

/** The lock is free: tell the next waiter and the metrics, and end the lease that was made for it alone. */
export async function afterRelease(
  parts: AfterReleaseParts,
  { name, lease }: Pick<ReleaseRequest, 'name' | 'lease'>,
  { recorded, acquiredAtMs, isMarked, key, revision }: Released,
): Promise<void> {
  const { predecessors, likelyHeld, recentGrants, deletions } = parts;
  const { telemetry, clock, janitor, leaseEnds } = parts;
  predecessors.released(name, lease);
  recentGrants.forget(name, lease);
  likelyHeld.released(name);
  deletions.deleted(exactly(key), revision);
  if (acquiredAtMs !== undefined) {
    telemetry.lockHeld(Math.max(0, clock.wall() - acquiredAtMs) / 1000);
  }
  const end = async (): Promise<void> => {
    if (isMarked) await leaseEnds.endSoon(lease);
    else await endOwnLease(parts, name, recorded);
  };
  await end().catch(() => {
    janitor.later(end);
  });
}
