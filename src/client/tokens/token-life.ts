/** Of a token's life: the rest is for finding out that a fresh one can't be had, and for clocks that differ. */
const SHARE_OF_LIFE = 0.8;

/**
 * When a JWT is to be exchanged for a fresh one, on the wall clock: at 80 % of its life, from `iat`, or else from `gotAtMs`, to `exp`. It is only
 * looked at, not verified: that is the daemon's business.
 * @returns undefined if the token does not say when it ends, as one that is no JWT.
 */
export function exchangeAtMs(token: string, gotAtMs: number): number | undefined {
  const { iat, exp } = claimsOf(token);
  if (typeof exp !== 'number') return undefined;
  const endsAtMs = exp * 1000;
  const beginsAtMs = typeof iat === 'number' && iat < exp ? iat * 1000 : gotAtMs;
  return beginsAtMs + (endsAtMs - beginsAtMs) * SHARE_OF_LIFE;
}

function claimsOf(token: string): { readonly iat?: unknown; readonly exp?: unknown } {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? claims : {};
  } catch {
    return {};
  }
}
