import type { Clock } from '../../clock/clock.js';
import { isFault } from '../../core/errors.js';
import type { KeyLayout } from '../../core/keys.js';
import type { LeaseId } from '../../core/lease-id.js';
import { exactly } from '../../store/store.js';
import type { Store } from '../../store/store.js';
import type { ServiceTelemetry } from '../../telemetry/service-telemetry.js';
import { JsonRecord } from '../json-record.js';
import { put, readKey, transact } from '../transaction.js';

/** Of what a lease holds, so many go into the metrics: what one transaction reads. */
const HOLDS_MEASURED = 30;

/**
 * Ends a lease because somebody asked for it. It is marked first: so it takes no new locks, and those who watch what it
 * held can tell this from an expiry.
 * @returns false if it had ended before.
 */
export async function revokeLease(
  parts: {
    readonly store: Store;
    readonly clock: Clock;
    readonly layout: KeyLayout;
    readonly telemetry: ServiceTelemetry;
  },
  lease: LeaseId,
): Promise<boolean> {
  const { store, layout, telemetry, clock } = parts;
  const state = await store.inspectLease(lease, { keys: true });
  if (state === undefined) return store.revoke(lease);
  const acquiredAtMs = await mark(parts, lease, state.keys.filter(isHolderRecord(layout)));
  const revoked = await store.revoke(lease);
  if (revoked) for (const ms of acquiredAtMs) telemetry.lockHeld((clock.wall() - ms) / 1000);
  return revoked;
}

/** @returns since when the lease has held what it holds, by the wall clocks of those who granted. */
async function mark(
  { store, layout }: { readonly store: Store; readonly layout: KeyLayout },
  lease: LeaseId,
  holderKeys: readonly string[],
): Promise<number[]> {
  const key = layout.lease(lease);
  const reads = holderKeys.slice(0, HOLDS_MEASURED).map(readKey);
  try {
    const done = await transact(store, {
      resource: key,
      frees: true,
      // A lease that another program made has no record, and needs no mark.
      compare: [{ range: exactly(key), target: 'version', is: '>', operand: 0 }],
      then: [...reads, put(layout.ending(lease), 'REVOKED', lease)],
      else: reads,
    });
    return reads.flatMap((read) => {
      const value = done.entry(read)?.value ?? '';
      return JsonRecord.parse(value).number('acquiredAtMs') ?? [];
    });
  } catch (error) {
    // It has ended just now; `revoke` says so.
    if (!isFault(error, 'NOT_FOUND')) throw error;
    return [];
  }
}

function isHolderRecord({ holderRoots }: KeyLayout): (key: string) => boolean {
  return (key) => holderRoots.some((root) => key.startsWith(root));
}
