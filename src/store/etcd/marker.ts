import type { IRangeResponse, ITxnRequest, ITxnResponse } from 'etcd3';
import type { LeaseId } from '../../core/lease-id.js';
import type { Revision, Transaction } from '../store.js';
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
export function initRequest(key: Buffer, lease: LeaseId): ITxnRequest {
  return guarded(key, 0, [{ request_put: { key, value: Buffer.from('new'), lease } }]);
}

/** Runs the batch, each as a transaction of its own, if the marker is still at `revision`. */
export function writeRequest(
  key: Buffer,
  lease: LeaseId,
  revision: Revision,
  sequence: number,
  batch: readonly Transaction[],
): ITxnRequest {
  return guarded(key, revision, [
    ...batch.map((transaction) => ({ request_txn: toTxn(transaction) })),
    { request_put: { key, value: Buffer.from(writtenText(sequence)), lease } },
  ]);
}

/** Takes the marker away from `revision`, so that a write that waits for it is never applied. */
export function barRequest(
  key: Buffer,
  lease: LeaseId,
  revision: Revision,
  sequence: number,
): ITxnRequest {
  const value = Buffer.from(barredText(sequence));
  return guarded(key, revision, [{ request_put: { key, value, lease } }]);
}

/** The same by deleting the marker: etcd allows that even when it has no space left. */
export function dropRequest(key: Buffer, revision: Revision): ITxnRequest {
  return guarded(key, revision, [{ request_delete_range: { key } }]);
}

/** The marker that a request found in place of the one that it expected. */
export function foundMarker(response: ITxnResponse): Marker {
  const read = response.responses[0]?.response_range;
  return read === undefined ? { kind: 'absent' } : toMarker(read);
}

export function toMarker(response: IRangeResponse): Marker {
  const [kv] = response.kvs;
  if (kv === undefined) return { kind: 'absent' };
  const entry = toEntry(kv);
  return { kind: 'present', revision: entry.modRevision, text: entry.value };
}

function guarded(
  key: Buffer,
  revision: Revision,
  success: NonNullable<ITxnRequest['success']>,
): ITxnRequest {
  return {
    compare: [{ key, target: 'Mod', result: 'Equal', mod_revision: revision }],
    success,
    failure: [{ request_range: { key } }],
  };
}
