/** How a caller was recognised. `unix`: it came over a Unix socket; `none`: it showed nothing. */
export type Via = 'token' | 'jwt' | 'certificate' | 'unix' | 'none';

/** Who calls, for rules, shares and logs. */
export interface Principal {
  /** A name of the policy, `anonymous`, or, for who is known but not there, how it was recognised, a colon and what it said. */
  readonly id: string;
  /** Names of the policy whose rights it has beside its own. They never say who it is. */
  readonly groups: readonly string[];
  readonly via: Via;
  /** When what it showed ends, on the wall clock. Undefined: never. */
  readonly expiresAtMs: number | undefined;
}

export const ANONYMOUS_ID = 'anonymous';

export const ANONYMOUS: Principal = {
  id: ANONYMOUS_ID,
  groups: [],
  via: 'none',
  expiresAtMs: undefined,
};
