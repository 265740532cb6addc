import type { KeyLayout } from '../../core/keys.js';
import { parseLeaseId, type LeaseId } from '../../core/lease-id.js';
import { prefixed } from '../../store/store.js';
import type { Store } from '../../store/store.js';

/** Keys that are looked at in one go. */
const PAGE = 500;

/**
 * Ends the leases that are marked as ending: a daemon may have died between the mark and the end, and nobody else would end them
 * before their TTL. One that another daemon is just about to end has ended already, which is as good. Harmless to repeat.
 * @throws Fault as the store.
 */
export async function finishEnds(store: Store, layout: KeyLayout): Promise<void> {
  const range = prefixed(layout.leaseRoot);
  for (let from: string | undefined = range.from; from !== undefined;) {
    const { entries, more } = await store.read({
      range: { ...range, from },
      keysOnly: true,
      limit: PAGE,
    });
    for (const { key } of entries) {
      const lease = markedBy(layout, key);
      if (lease !== undefined) await store.revoke(lease);
    }
    const last = entries.at(-1);
    from = more && last !== undefined ? `${last.key}\0` : undefined;
  }
}

/** What is below the root is named by leases, by whomever it was put there. */
function markedBy(layout: KeyLayout, key: string): LeaseId | undefined {
  const [id = ''] = key.slice(layout.leaseRoot.length).split('/');
  return key === layout.ending(id as LeaseId) ? parseLeaseId(id) : undefined;
}
