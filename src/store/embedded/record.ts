import { crc32 } from 'node:zlib';
import { Fault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { Entry, Revision } from '../store.js';

/**
 * Records on disk: a CRC-32 of four bytes, then JSON in UTF-8. LMDB does not notice a flipped bit in a value.
 * The sum covers the record's place as well, so that a record in the wrong place is found too.
 */
export const FORMAT = 1;

/** Where a record stands, for people too: `entry 17`. Never a lease ID. */
export interface Place {
  readonly kind: 'entry' | 'lease' | 'head';
  readonly row: number;
}

export interface StoredLease {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
}

/** The one record that describes the others. */
export interface Head {
  readonly format: number;
  /** Random; made with the folder. */
  readonly instance: string;
  readonly revision: Revision;
  readonly entries: number;
  readonly leases: number;
  /** Of the records of all entries and leases together. Not known of data that 0.1.0 wrote last. */
  readonly sum?: number;
}

/** The sum that a record begins with. */
export function sumOf(record: Buffer): number {
  return record.readInt32BE(0);
}

export function encodeEntry(place: Place, entry: Entry): Buffer {
  const { key, value, createRevision, modRevision, version, lease } = entry;
  return seal(place, [key, value, createRevision, modRevision, version, lease ?? null]);
}

export function encodeLease(place: Place, lease: StoredLease): Buffer {
  return seal(place, [lease.id, lease.ttlSeconds]);
}

export function encodeHead(place: Place, head: Head): Buffer {
  return seal(place, head);
}

/** @throws Fault DATA_LOSS, as the others below, if the record is not what was written. */
export function decodeEntry(place: Place, record: Uint8Array): Entry {
  // The shape is ours once the sum is right.
  const [key, value, createRevision, modRevision, version, lease] = unseal(place, record) as [
    string,
    string,
    number,
    number,
    number,
    LeaseId | null,
  ];
  const entry = { key, value, createRevision, modRevision, version };
  return lease === null ? entry : { ...entry, lease };
}

export function decodeLease(place: Place, record: Uint8Array): StoredLease {
  // The shape is ours once the sum is right.
  const [id, ttlSeconds] = unseal(place, record) as [LeaseId, number];
  return { id, ttlSeconds };
}

export function decodeHead(place: Place, record: Uint8Array): Head {
  // Only the format is relied on until the caller has looked at it.
  return unseal(place, record) as Head;
}

function seal(place: Place, content: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(content), 'utf8');
  const record = Buffer.allocUnsafe(4 + json.length);
  record.writeUInt32BE(checksum(place, json));
  json.copy(record, 4);
  return record;
}

function unseal(place: Place, record: Uint8Array): unknown {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const json = bytes.subarray(4);
  if (bytes.length < 4 || bytes.readUInt32BE(0) !== checksum(place, json)) {
    throw new Fault('DATA_LOSS', `the record "${place.kind} ${place.row}" is corrupt`, {
      reason: 'CORRUPT_RECORD',
    });
  }
  return JSON.parse(json.toString('utf8'));
}

function checksum(place: Place, json: Buffer): number {
  return crc32(json, crc32(`${place.kind} ${place.row}:`));
}
