import type { LockKind } from '../lock.js';
import type { AccessRules } from './access-rules.js';
import { owns, type Principal } from './principal.js';
import type { Verb } from './vocabulary.js';

/** What counts of a lease when somebody names it by its ID. */
export interface LeaseOwner {
  /** Whose it is; undefined: nobody's, as are those of anonymous callers, of daemons without a policy, and of other programs. */
  readonly ownerId: string | undefined;
  /** What it was made for, or, where that is not recorded, holds. Empty: a session. */
  readonly locks: readonly { readonly kind: LockKind; readonly name: string }[];
}

/** Of a session: it may hold anything. */
const EVERYTHING = [
  { kind: 'lock', name: '', isPrefix: true },
  { kind: 'election', name: '', isPrefix: true },
] as const;

/**
 * Whether a caller may use a lease whose ID it knows: its owner, or whoever may take by force what the lease is for. Nobody's lease is for those
 * who may acquire the same.
 */
export function mayUseLease(
  rules: AccessRules,
  principal: Principal,
  { ownerId, locks }: LeaseOwner,
): boolean {
  const mayAll = (verb: Verb, targets: Parameters<AccessRules['decide']>[2][]): boolean =>
    targets.every((target) => rules.decide(principal, verb, target).allowed);
  if (ownerId === undefined) return mayAll('acquire', [...locks]);
  if (owns(principal, ownerId)) return true;
  return mayAll('forceRelease', locks.length === 0 ? [...EVERYTHING] : [...locks]);
}
