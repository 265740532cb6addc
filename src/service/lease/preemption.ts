import type { FencingToken } from '../../core/lock.js';
import type { Entry } from '../../store/store.js';
import { JsonRecord } from '../json-record.js';

/** The record of what an operator took from a lease: the hold with this token, or, 0, the lease itself. */
export function writePreemption(token: FencingToken, reason: string, wallMs: number): string {
  return JSON.stringify({ reason, token, atMs: wallMs });
}

/** Why it was taken; undefined if it was not, or longer ago than records stay. `token` 0: whichever it was. */
export function readPreemption(entry: Entry | undefined, token: FencingToken): string | undefined {
  if (entry === undefined) return undefined;
  const record = JsonRecord.parse(entry.value);
  return token === 0 || record.number('token') === token ? record.text('reason') : undefined;
}
