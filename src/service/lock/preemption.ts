import type { FencingToken } from '../../core/lock.js';
import type { Entry } from '../../store/store.js';
import { JsonRecord } from '../json-record.js';

/** Of a crowd that loses a shared lock at once, so many learn why. */
const TOKENS_KEPT = 1000;

/** The record of a lock's last forced release: whose tokens it ended, and why. */
export function writePreemption(
  tokens: readonly FencingToken[],
  reason: string,
  wallMs: number,
): string {
  return JSON.stringify({ reason, atMs: wallMs, tokens: tokens.slice(0, TOKENS_KEPT) });
}

/** Why `token` was ended by force; undefined if it was not, or longer ago than records are kept. */
export function readPreemption(entry: Entry | undefined, token: FencingToken): string | undefined {
  if (entry === undefined) return undefined;
  const record = JsonRecord.parse(entry.value);
  return record.numbers('tokens').includes(token) ? record.text('reason') : undefined;
}
