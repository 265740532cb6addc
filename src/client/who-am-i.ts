import { msFrom } from '../protocol/convert/values.js';
import type { WhoAmIResponse__Output } from '../protocol/generated/sharedlock/v1/WhoAmIResponse.js';
import { checkOptions } from './check-options.js';
import { CALL_OPTIONS } from './options.js';
import type { CallOptions } from './options.js';
import type { ClientParts } from './parts.js';

/** For who a daemon takes this client. */
export interface Identity {
  /**
   * What rules are about: a name of the daemon's policy; `anonymous`; or, for who is known but not named there, how it is known, a colon and what
   * it showed, such as `jwt:` and the subject of its token.
   */
  readonly principal: string;
  /** Names of the policy whose rights it has beside its own. */
  readonly groups: readonly string[];
  /** How it is known. `NONE`: it showed nothing, or the daemon does not look. */
  readonly via: WhoAmIResponse__Output['via'];
  /** When what it showed ends, by the wall clock of the daemon, in milliseconds since 1970; undefined: never. */
  readonly expiresAtMs: number | undefined;
  /** What the daemon does with what its policy does not allow: nothing, since it has none; log it; refuse it. */
  readonly mode: WhoAmIResponse__Output['mode'];
}

/** @throws SharedLockError UNAUTHENTICATED if what this client shows is wrong. */
export async function whoAmI({ caller }: ClientParts, options: CallOptions): Promise<Identity> {
  checkOptions(options, CALL_OPTIONS);
  const response = await caller.unary('AccessService', 'WhoAmI', {}, options);
  const { principal, groups, via, expiresAt, mode } = response;
  return { principal, groups, via, expiresAtMs: msFrom(expiresAt), mode };
}
