import type { LeaseOwner } from '../../core/access/lease-use.js';
import type { Quota } from '../../core/access/quota.js';
import type { Rule } from '../../core/access/policy.js';
import type { LockKind } from '../../core/lock.js';
import { principalFacts, ruleFacts, type AuditFacts } from './audit-facts.js';
import type { Need } from './needs.js';
import { ownerIdOf, owns, type Principal } from '../../core/access/principal.js';
import type { CallOrigin, Rights } from '../../service/caller.js';

/** Is asked about what the services find, while a call is under way. Each is false if it is to be refused. */
export interface Decides {
  quotaOf(principal: Principal): Quota;
  spaceOf(namespace: string): number | undefined;
  mayUse(principal: Principal, lease: LeaseOwner, call: CallOrigin): boolean;
  mayReplay(principal: Principal, call: CallOrigin): boolean;
  ruleFor(principal: Principal, need: Need): Rule | undefined;
}

/** The rights of the caller of one call, by whatever policy there is when they are asked for. */
export class CallRights implements Rights {
  readonly principal: Principal;
  readonly quota: Quota;
  readonly #decides: Decides;
  readonly #call: CallOrigin;

  constructor(principal: Principal, decides: Decides, call: CallOrigin) {
    this.principal = principal;
    this.quota = decides.quotaOf(principal);
    this.#decides = decides;
    this.#call = call;
  }

  spaceOf(namespace: string): number | undefined {
    return this.#decides.spaceOf(namespace);
  }

  get ownerId(): string | undefined {
    return ownerIdOf(this.principal);
  }

  forceFacts(kind: LockKind, name: string): AuditFacts {
    const { principal } = this;
    const rule = this.#decides.ruleFor(principal, { verb: 'forceRelease', kind, name });
    return { ...principalFacts(principal), ...ruleFacts(rule) };
  }

  mayUse(lease: LeaseOwner): boolean {
    return this.#decides.mayUse(this.principal, lease, this.#call);
  }

  mayReplay(ownerId: string): boolean {
    return owns(this.principal, ownerId) || this.#decides.mayReplay(this.principal, this.#call);
  }
}
