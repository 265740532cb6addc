import { randomBytes } from 'node:crypto';
import { leaseIdFromBytes, type LeaseId } from '../core/lease-id.js';

/** A new lease ID: 63 random bits, from the operating system, since it is a capability. */
export function randomLeaseId(): LeaseId {
  return leaseIdFromBytes(randomBytes(8));
}

/** 64 random bits as 16 hexadecimal digits: the name of something that has no other. */
export function randomName(): string {
  return randomBytes(8).toString('hex');
}
