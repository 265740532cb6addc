import type { Presented } from '../../core/access/presented.js';
import { ANONYMOUS_ID, type Principal } from '../../core/access/principal.js';
import { UNLIMITED } from '../../core/access/quota.js';
import { remembered } from '../../core/remembered.js';
import type { Rights } from '../../service/caller.js';
import type { Guard } from '../access/guard.js';
import type { Admission } from '../admission/admission.js';
import { userOfPrincipal } from '../admission/user-of.js';
import type { Work } from '../admission/work.js';
import type { CallScope } from './call-scope.js';
import type { WireClock } from './wire.js';

export interface IdentifyParts {
  /** Undefined: everybody may do anything. */
  readonly guard?: Guard | undefined;
  readonly admission: Admission;
  readonly clock: Pick<WireClock, 'now'>;
}

/**
 * Finds out who makes a call, and counts it for that one's quota until its end; undefined: that is done, or nobody asks.
 * @throws Fault if what is shown of that is wrong, the quota is reached, or the caller has left; also by its promise.
 */
export function identify(
  scope: CallScope,
  presented: () => Presented,
  work: Work,
  { guard, admission, clock }: IdentifyParts,
): Promise<void> | undefined {
  if (guard === undefined) return undefined;
  const found = (rights: Rights): void => welcome(scope, rights, work, { admission, clock });
  const identity = guard.identify(presented(), scope.call);
  if (identity instanceof Promise) return identity.then(found);
  found(identity);
  return undefined;
}

function welcome(
  scope: CallScope,
  rights: Rights,
  work: Work,
  { admission, clock }: Pick<IdentifyParts, 'admission' | 'clock'>,
): void {
  // To verify a token may take seconds: who has left meanwhile would never leave what is counted here.
  if (scope.cause !== undefined) throw scope.cause;
  const { principal, quota } = rights;
  // Whoever shows nothing is told apart by the address; without one that counts it has no share, but all of these have one quota.
  const isAnonymous = principal.id === ANONYMOUS_ID;
  const user = isAnonymous ? scope.wireUser : userOf(principal);
  if (quota === UNLIMITED) {
    scope.identified(rights, user);
    return;
  }
  const { quotas } = admission;
  const holder = { user: user ?? ANONYMOUS_ID, id: principal.id, quota };
  scope.identified(rights, holder.user);
  const refusal = quotas.enter(holder, work, scope.peer, clock.now());
  if (refusal !== undefined) throw refusal;
  scope.onEnd = () => quotas.leave(holder.user, work);
}

/** Principals are the same objects again and again: whose share they have is put together once. */
const userOf = remembered(({ id }: Principal) => userOfPrincipal(id));
