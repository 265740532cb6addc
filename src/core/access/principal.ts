/** How a caller was recognised. `unix`: it came over a Unix socket; `none`: it showed nothing. */
export type Via = 'token' | 'jwt' | 'certificate' | 'unix' | 'none';

/** What a caller showed, after it was verified. */
export type Shown =
  | {
      readonly via: 'jwt';
      readonly subject: string;
      readonly groups: readonly string[];
      readonly expiresAtMs: number;
    }
  | {
      readonly via: 'certificate';
      /** One at least. Those of URIs, or, if there are none, those of hosts. */
      readonly names: readonly string[];
      readonly expiresAtMs: number;
    }
  /** A static token is known by whose it is. `sha256`: in hex. */
  | { readonly via: 'token'; readonly name: string; readonly sha256: string }
  | { readonly via: 'unix' }
  | { readonly via: 'none' };

/** Who calls, for rules, shares and logs. */
export interface Principal {
  /** A name of the policy, `anonymous`, or, for who is known but not there, how it was recognised, a colon and what it said. */
  readonly id: string;
  /** Names of the policy whose rights it has beside its own. They never say who it is. */
  readonly groups: readonly string[];
  /** Ids that it had before: leases and requests that were made then are its own. */
  readonly formerIds: readonly string[];
  readonly via: Via;
  /** So that it can be told by another policy who that is. */
  readonly shown: Shown;
  /** When what it showed ends, on the wall clock. Undefined: never. */
  readonly expiresAtMs: number | undefined;
}

export const ANONYMOUS_ID = 'anonymous';

export const ANONYMOUS: Principal = {
  id: ANONYMOUS_ID,
  groups: [],
  formerIds: [],
  via: 'none',
  shown: { via: 'none' },
  expiresAtMs: undefined,
};

/** Under which id what a caller makes is its own; undefined: nobody's, since anybody can be anonymous. */
export function ownerIdOf(principal: Principal | undefined): string | undefined {
  return principal === undefined || principal.via === 'none' ? undefined : principal.id;
}

/** Whether what was made under an id is the caller's. */
export function owns(principal: Principal, ownerId: string): boolean {
  return ownerIdOf(principal) === ownerId || principal.formerIds.includes(ownerId);
}
