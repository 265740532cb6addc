import type { ConnectionFlags } from '../client/connection-flags.js';

/** What a process needs to give back what another one holds. */
export interface GiveBack {
  readonly connection: ConnectionFlags;
  /** Of the lease that holds the lock, or the term, and nothing else. */
  readonly leaseId: string;
}

/** Ends a lease, and all that it holds with it. If no daemon answers in time, its TTL ends it. */
export async function giveBack({ connection, leaseId }: GiveBack): Promise<void> {
  const { connect } = await import('../../client/client.js');
  const { clientOptionsOf } = await import('../client/connection-flags.js');
  const client = connect({ ...clientOptionsOf(connection), onWarning: () => undefined });
  try {
    await client.leases.revoke(leaseId);
  } finally {
    await client.close();
  }
}
