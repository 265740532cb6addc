import type { LeaseOwner } from '../../core/access/lease-use.js';
import { ownerIdOf, owns, type Principal } from '../../core/access/principal.js';
import type { Rights } from '../../service/caller.js';

/** Asked about what the services find. Each is false if it is to be refused. */
export interface Asked {
  mayUse(principal: Principal, lease: LeaseOwner): boolean;
  mayReplay(principal: Principal): boolean;
}

/** The rights of a principal, by whatever policy there is when they are asked for. */
export class PrincipalRights implements Rights {
  readonly principal: Principal;
  readonly #asked: Asked;

  constructor(principal: Principal, asked: Asked) {
    this.principal = principal;
    this.#asked = asked;
  }

  get ownerId(): string | undefined {
    return ownerIdOf(this.principal);
  }

  mayUse(lease: LeaseOwner): boolean {
    return this.#asked.mayUse(this.principal, lease);
  }

  mayReplay(ownerId: string): boolean {
    return owns(this.principal, ownerId) || this.#asked.mayReplay(this.principal);
  }
}
