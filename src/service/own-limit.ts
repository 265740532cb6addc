import { quotaReached, type Counted } from '../core/access/quota.js';
import type { Caller } from './caller.js';

/** Whose something is, and how much of it one may have. */
export type Owner = Pick<Caller, 'user' | 'rights'>;

/** @param has how much a user has of it. @throws Fault RESOURCE_EXHAUSTED if the caller has as much as its own quota allows. */
export function checkOwnLimit(
  { user, rights }: Owner,
  counted: Counted,
  has: (user: string) => number,
): void {
  const limit = rights?.quota[counted];
  if (rights === undefined || limit === undefined || user === undefined) return;
  if (has(user) >= limit) throw quotaReached(rights.principal.id, counted, limit);
}
