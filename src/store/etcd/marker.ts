import type { LeaseId } from '../../core/lease-id.js';
import type { Revision, Transaction } from '../store.js';
import { RESULT, TARGET } from './kv-messages.js';
import type { RequestOp, TxnRequest, TxnResponse } from './kv-messages.js';
import { toEntry, toTxn } from './wire.js';

/**
 * The requests of a lane (D4). Each one compares the marker's revision, and changes the marker: so it is applied
 * at most once, however often and however late it arrives, and whoever reads the marker knows how it ended.
 */
export type Marker =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present'; readonly revision: Revision; readonly text: string };

/** What the marker holds after the write `sequence`, and only then. */
export function writtenText(sequence: number): string {
  return `written ${sequence}`;
}

function barredText(sequence: number): string {
  return `barred ${sequence}`;
}

/** Makes the marker, if there is none. */
export function initRequest(key: string, lease: LeaseId): TxnRequest {
  return guarded(key, 0, [{ request_put: { key, value: 'new', lease } }]);
}

/** Runs the batch, each as a transaction of its own, if the marker is still at `revision`. */
export function writeRequest(
  key: string,
  lease: LeaseId,
  revision: Revision,
  sequence: number,
  batch: readonly Transaction[],
): TxnRequest {
  return guarded(key, revision, [
    ...batch.map((transaction) => ({ request_txn: toTxn(transaction) })),
    { request_put: { key, value: writtenText(sequence), lease } },
  ]);
}

/** Takes the marker away from `revision`, so that a write that waits for it is never applied. */
export function barRequest(
  key: string,
  lease: LeaseId,
  revision: Revision,
  sequence: number,
): TxnRequest {
  const value = barredText(sequence);
  return guarded(key, revision, [{ request_put: { key, value, lease } }]);
}

/** The same by deleting the marker: etcd allows that even when it has no space left. */
export function dropRequest(key: string, revision: Revision): TxnRequest {
  return guarded(key, revision, [{ request_delete_range: { key } }]);
}

/** Reads it, linearizably. */
export function lookRequest(key: string): TxnRequest {
  return { success: [{ request_range: { key } }] };
}

/** The marker that a request found in place of the one that it expected, or looked for. */
export function foundMarker(response: TxnResponse): Marker {
  const kv = response.responses[0]?.response_range?.kvs[0];
  if (kv === undefined) return { kind: 'absent' };
  const entry = toEntry(kv);
  return { kind: 'present', revision: entry.modRevision, text: entry.value };
}

function guarded(key: string, revision: Revision, success: readonly RequestOp[]): TxnRequest {
  return {
    compare: [{ key, target: TARGET.mod, result: RESULT['='], mod_revision: revision }],
    success,
    failure: [{ request_range: { key } }],
  };
}
