import type { AccessRules } from '../../core/access/access-rules.js';
import {
  credentialsMissing,
  expired,
  leaseOfAnother,
  notAllowed,
  requestOfAnother,
  tokenOfAnother,
} from '../../core/access/faults.js';
import { mayUseLease, type LeaseOwner } from '../../core/access/lease-use.js';
import { UNLIMITED, type Quota, type Quotas } from '../../core/access/quota.js';
import type { Rule } from '../../core/access/policy.js';
import type { Presented } from '../../core/access/presented.js';
import { ANONYMOUS, type Principal } from '../../core/access/principal.js';
import { isFault, type Fault } from '../../core/errors.js';
import type { CallOrigin, Rights } from '../../service/caller.js';
import type { Call, CallLife } from '../handlers/call.js';
import type { Asked, Need, Needs } from './needs.js';
import type { Refusal } from './refusal.js';
import { CallRights } from './rights.js';

/** Tells who sends a request. @throws Fault UNAUTHENTICATED or UNAVAILABLE, also by its promise. */
export interface Authenticates {
  identify(presented: Presented): Principal | Promise<Principal>;
  /** Who that is by now, who was told by another one. @throws Fault UNAUTHENTICATED */
  again(principal: Principal): Principal;
}

/** What files say of callers. */
export interface Access {
  readonly authenticator: Authenticates;
  readonly rules: AccessRules;
  readonly quotas: Quotas;
}

export interface GuardParts extends Access {
  /** `audit`: what would be refused is told, and done all the same. */
  readonly mode: 'audit' | 'enforce';
  readonly refused: (refusal: Refusal) => void;
}

export type GuardedCall = Pick<Call, 'wire' | 'peer' | 'rights' | 'life'>;

/** Decides of each request whether its caller may, and of each call under way whether it still may. One for both wires. */
export class Guard {
  readonly mode: GuardParts['mode'];
  readonly #refused: GuardParts['refused'];
  #access: Access;

  constructor({ mode, refused, ...access }: GuardParts) {
    this.mode = mode;
    this.#refused = refused;
    this.#access = access;
  }

  /** From now on it goes by these. What is under way has to be looked at again. */
  use(access: Access): void {
    this.#access = access;
  }

  /** Who sends a request. @throws Fault as `Authenticates`, unless all is only to be told. */
  identify(presented: Presented, call: CallOrigin): Rights | Promise<Rights> {
    try {
      const principal = this.#access.authenticator.identify(presented);
      if (!(principal instanceof Promise)) return new CallRights(principal, this, call);
      return principal.then(
        (found) => new CallRights(found, this, call),
        (error: unknown) => this.#unknown(error, call),
      );
    } catch (error) {
      return this.#unknown(error, call);
    }
  }

  /**
   * @param canEnd it may go on for long, and is looked at again meanwhile.
   * @throws Fault PERMISSION_DENIED; UNAUTHENTICATED for one who showed nothing.
   */
  check<Request>(call: GuardedCall, needs: Needs<Request>, request: Request, canEnd = false): void {
    const asked = typeof needs === 'function' ? needs(request) : needs;
    if (asked === 'open') return;
    if (canEnd && call.life !== undefined) call.life.allowed = asked;
    // Whoever calls a handler without saying who it is has no rights.
    const fault = this.#faultOf(call.rights?.principal ?? ANONYMOUS, asked, call);
    if (fault !== undefined) throw fault;
  }

  /** The caller of an open stream shows a new token. If it can't go on with that, the call is ended. */
  async renew(call: GuardedCall, token: string): Promise<void> {
    const { life } = call;
    const before = life?.rights?.principal;
    if (life === undefined || before === undefined) return;
    try {
      const shown = { authorization: [`Bearer ${token}`], certificate: undefined, isUnix: false };
      const rights = await this.identify(shown, call);
      const { principal } = rights;
      const isSame = principal.id === before.id || principal.formerIds.includes(before.id);
      if (!isSame) {
        const fault = tokenOfAnother(before);
        if (!this.#lets({ fault, principal, call })) throw fault;
        return;
      }
      life.rights = rights;
      this.#recheck(life, principal, call);
    } catch (error) {
      if (!isFault(error)) throw error;
      life.abort(error);
    }
  }

  /** Looks again at a call that was let in, after another policy came; ends it if its caller may not go on. */
  lookAgain(life: CallLife, call: CallOrigin): void {
    const before = life.rights?.principal;
    if (before === undefined || life.allowed === undefined) return;
    try {
      const principal = this.#access.authenticator.again(before);
      life.rights = new CallRights(principal, this, call);
      this.#recheck(life, principal, call);
    } catch (error) {
      if (!isFault(error)) throw error;
      if (!this.#lets({ fault: error, principal: before, call })) life.abort(error);
    }
  }

  /** Ends a call that may go on for long if what its caller showed has ended. */
  expire(life: CallLife, call: CallOrigin, wallMs: number): void {
    const principal = life.rights?.principal;
    if (principal === undefined || life.allowed === undefined || this.mode === 'audit') return;
    if (wallMs < (principal.expiresAtMs ?? Infinity)) return;
    const fault = expired(principal.via);
    this.#refused({ fault, principal, call });
    life.abort(fault);
  }

  quotaOf({ id }: Principal): Quota {
    return this.mode === 'enforce' ? this.#access.quotas.of(id) : UNLIMITED;
  }

  /** In bytes; undefined: nothing is counted. */
  spaceOf(namespace: string): number | undefined {
    return this.mode === 'enforce' ? this.#access.quotas.space.of(namespace) : undefined;
  }

  /** Whether a caller may use a lease that it named. */
  mayUse(principal: Principal, lease: LeaseOwner, call: CallOrigin): boolean {
    return (
      mayUseLease(this.#access.rules, principal, lease) ||
      this.#lets({ fault: leaseOfAnother(principal), principal, call })
    );
  }

  /** Whether a caller may be told what came of a request that is not its own. */
  mayReplay(principal: Principal, call: CallOrigin): boolean {
    return this.#lets({ fault: requestOfAnother(principal), principal, call });
  }

  /** The rule that allows it. */
  ruleFor(principal: Principal, need: Need): Rule | undefined {
    return this.#access.rules.decide(principal, need.verb, need).rule;
  }

  #recheck(life: CallLife, principal: Principal, call: CallOrigin): void {
    const fault = life.allowed && this.#faultOf(principal, life.allowed, call);
    if (fault !== undefined) life.abort(fault);
  }

  /** What the caller is told; undefined: it may. */
  #faultOf(principal: Principal, asked: Asked, call: CallOrigin): Fault | undefined {
    const refusal = this.#refusalOf(principal, asked, call);
    if (refusal === undefined || this.#lets(refusal)) return undefined;
    return principal.via === 'none' ? credentialsMissing() : refusal.fault;
  }

  #refusalOf(principal: Principal, asked: Asked, call: CallOrigin): Refusal | undefined {
    const { rules } = this.#access;
    if (asked === 'holder') {
      if (rules.allowsAnything(principal, 'acquire')) return undefined;
      return { fault: notAllowed(principal, 'acquire', 'lock', undefined), principal, call };
    }
    for (const need of asked) {
      const { allowed, rule } = rules.decide(principal, need.verb, need);
      if (allowed) continue;
      const { verb, kind, name } = need;
      const fault = notAllowed(principal, verb, kind, name === '' ? undefined : name);
      return { fault, principal, call, need, rule };
    }
    return undefined;
  }

  #unknown(error: unknown, call: CallOrigin): Rights {
    if (!isFault(error)) throw error;
    if (this.#lets({ fault: error, principal: ANONYMOUS, call })) {
      return new CallRights(ANONYMOUS, this, call);
    }
    throw error;
  }

  /** Tells of a refusal. @returns whether it is only told of. */
  #lets(refusal: Refusal): boolean {
    this.#refused(refusal);
    return this.mode === 'audit';
  }
}
