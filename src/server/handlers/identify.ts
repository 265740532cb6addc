import type { Presented } from '../../core/access/presented.js';
import { ANONYMOUS_ID } from '../../core/access/principal.js';
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
 * @throws Fault if what is shown of that is wrong, or the quota is reached; also by its promise.
 */
export function identify(
  scope: CallScope,
  presented: () => Presented,
  work: Work,
  { guard, admission, clock }: IdentifyParts,
): Promise<void> | undefined {
  if (guard === undefined) return undefined;
  const found = (rights: Rights): void => {
    const { principal, quota } = rights;
    const isKnown = principal.id !== ANONYMOUS_ID;
    // Whoever shows nothing is told apart by the address.
    const user = isKnown ? userOfPrincipal(principal.id) : scope.call.user;
    scope.identified(rights, user);
    const holder = { user: user ?? ANONYMOUS_ID, id: principal.id, quota };
    const refusal = admission.quotas.enter(holder, work, scope.call.peer ?? '', clock.now());
    if (refusal !== undefined) throw refusal;
    scope.onEnd = () => admission.quotas.leave(holder.user, work);
  };
  const identity = guard.identify(presented(), scope.call);
  if (identity instanceof Promise) return identity.then(found);
  found(identity);
  return undefined;
}
