import type { AccessRules } from '../../core/access/access-rules.js';
import {
  credentialsMissing,
  leaseOfAnother,
  notAllowed,
  requestOfAnother,
} from '../../core/access/faults.js';
import { mayUseLease, type LeaseOwner } from '../../core/access/lease-use.js';
import type { Presented } from '../../core/access/presented.js';
import { ANONYMOUS, type Principal } from '../../core/access/principal.js';
import { isFault, type Fault } from '../../core/errors.js';
import type { Rights } from '../../service/caller.js';
import type { Call, Handler, HandlerTable, Message } from '../handlers/call.js';
import { needsOf, type Need, type Needs } from './needs.js';
import { PrincipalRights } from './rights.js';

/** Tells who sends a request. @throws Fault UNAUTHENTICATED or UNAVAILABLE, also by its promise. */
export interface Authenticates {
  identify(presented: Presented): Principal | Promise<Principal>;
}

export interface GuardParts {
  readonly authenticator: Authenticates;
  readonly rules: AccessRules;
  /** `audit`: what would be refused is told, and done all the same. */
  readonly mode: 'audit' | 'enforce';
  /** Is told of each refusal, and in `audit` of what would be one. */
  readonly refused: (fault: Fault, principal: Principal) => void;
}

/** Decides of each request whether its caller may. One for both wires. */
export class Guard {
  readonly #parts: GuardParts;
  readonly #rights = new WeakMap<Principal, PrincipalRights>();

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  get mode(): GuardParts['mode'] {
    return this.#parts.mode;
  }

  /** Who sends a request. @throws Fault as `Authenticates`, unless all is only to be told. */
  identify(presented: Presented): Rights | Promise<Rights> {
    try {
      const principal = this.#parts.authenticator.identify(presented);
      return principal instanceof Promise
        ? principal.then(
            (found) => this.#rightsOf(found),
            (error: unknown) => this.#unknown(error),
          )
        : this.#rightsOf(principal);
    } catch (error) {
      return this.#unknown(error);
    }
  }

  /** @throws Fault PERMISSION_DENIED; UNAUTHENTICATED for one who showed nothing. */
  check<Request>(rights: Rights | undefined, needs: Needs<Request>, request: Request): void {
    const asked = typeof needs === 'function' ? needs(request) : needs;
    if (asked === 'open') return;
    // Whoever calls a handler without saying who it is has no rights.
    const who = rights?.principal ?? ANONYMOUS;
    if (asked === 'holder') {
      if (this.#parts.rules.allowsAnything(who, 'acquire')) return;
      this.#refuse(who, notAllowed(who, 'acquire', 'lock', undefined));
      return;
    }
    const refused = asked.find((need) => !this.#allows(who, need));
    if (refused === undefined) return;
    const { verb, kind, name } = refused;
    this.#refuse(who, notAllowed(who, verb, kind, name === '' ? undefined : name));
  }

  /** Whether a caller may use a lease that it named. */
  mayUse(principal: Principal, lease: LeaseOwner): boolean {
    return (
      mayUseLease(this.#parts.rules, principal, lease) ||
      this.#lets(principal, leaseOfAnother(principal))
    );
  }

  /** Whether a caller may be told what came of a request that is not its own. */
  mayReplay(principal: Principal): boolean {
    return this.#lets(principal, requestOfAnother(principal));
  }

  #rightsOf(principal: Principal): PrincipalRights {
    const known = this.#rights.get(principal);
    if (known !== undefined) return known;
    const rights = new PrincipalRights(principal, this);
    this.#rights.set(principal, rights);
    return rights;
  }

  #allows(principal: Principal, need: Need): boolean {
    return this.#parts.rules.decide(principal, need.verb, need).allowed;
  }

  #unknown(error: unknown): Rights {
    if (!isFault(error)) throw error;
    this.#parts.refused(error, ANONYMOUS);
    if (this.#parts.mode === 'audit') return this.#rightsOf(ANONYMOUS);
    throw error;
  }

  #refuse(principal: Principal, fault: Fault): void {
    if (this.#lets(principal, fault)) return;
    throw principal.via === 'none' ? credentialsMissing() : fault;
  }

  /** Tells of a refusal. @returns whether it is only told of. */
  #lets(principal: Principal, fault: Fault): boolean {
    this.#parts.refused(fault, principal);
    return this.#parts.mode === 'audit';
  }
}

/**
 * The same handlers, behind the guard; undefined: there is none.
 * @throws TypeError if a method does not say what it needs, also without a guard: a defect.
 */
export function guarded(handlers: HandlerTable, guard: Guard | undefined): HandlerTable {
  const behind = new Map<string, Handler>();
  for (const [path, handler] of handlers) {
    const needs = needsOf(path);
    behind.set(path, guard === undefined ? handler : guardedHandler(handler, needs, guard));
  }
  return behind;
}

function guardedHandler(handler: Handler, needs: Needs<object>, guard: Guard): Handler {
  switch (handler.kind) {
    case 'unary':
      return {
        ...handler,
        handle: async (request: Message, call: Call) => {
          guard.check(call.rights, needs, request);
          return handler.handle(request, call);
        },
      };
    case 'serverStream':
      return {
        ...handler,
        handle: async (request: Message, call: Call) => {
          guard.check(call.rights, needs, request);
          return handler.handle(request, call);
        },
      };
    case 'bidi':
      return {
        ...handler,
        handle: (requests: AsyncIterable<Message>, call: Call) =>
          handler.handle(checked(requests, call, needs, guard), call),
      };
  }
}

/** Each request as it comes: the first one says what the stream is about, and others may name something else. */
async function* checked(
  requests: AsyncIterable<Message>,
  call: Call,
  needs: Needs<object>,
  guard: Guard,
): AsyncGenerator<Message> {
  for await (const request of requests) {
    guard.check(call.rights, needs, request);
    yield request;
  }
}
