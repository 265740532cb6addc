import { errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import type { Clock } from '../clock/clock.js';
import { tokenAudience, tokenExpired, tokenInvalid } from '../core/access/faults.js';
import type { Shown } from '../core/access/principal.js';
import { isFault } from '../core/errors.js';

export interface JwtRules {
  readonly issuer: string;
  readonly audience: string;
  /** The claim with the groups of the subject: a list of texts, or one. */
  readonly groupsClaim: string;
}

/** Asymmetric ones only: the key of the others could be a public one. */
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

/** Clocks may differ by so much. */
const SKEW_SECONDS = 60;
/** Groups beyond are not looked at. */
const MAX_GROUPS = 1000;
const MAX_SUBJECT = 1024;
/** The last moment that a Timestamp can say. */
const LATEST_MS = 253_402_300_799_999;

/** Verifies JWTs of one issuer (RFC 7519, RFC 8725). */
export class JwtVerifier {
  readonly #rules: JwtRules;
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #keyFor: JWTVerifyGetKey;

  constructor(rules: JwtRules, clock: Pick<Clock, 'wall'>, keyFor: JWTVerifyGetKey) {
    this.#rules = rules;
    this.#clock = clock;
    this.#keyFor = keyFor;
  }

  /** @throws Fault UNAUTHENTICATED with the reason; UNAVAILABLE while its key can't be had. */
  async verify(token: string): Promise<Extract<Shown, { via: 'jwt' }>> {
    const { issuer, audience, groupsClaim } = this.#rules;
    try {
      const { payload } = await jwtVerify(token, this.#keyFor, {
        ...{ issuer, audience, algorithms: ALGORITHMS, clockTolerance: SKEW_SECONDS },
        requiredClaims: ['exp', 'sub'],
        // eslint-disable-next-line no-restricted-globals -- jose takes the time as a Date
        currentDate: new Date(this.#clock.wall()),
      });
      const { sub: subject = '', exp = 0 } = payload;
      if (subject === '' || subject.length > MAX_SUBJECT || !subject.isWellFormed()) {
        throw tokenInvalid();
      }
      const expiresAtMs = Math.min((exp + SKEW_SECONDS) * 1000, LATEST_MS);
      return { via: 'jwt', subject, groups: groupsOf(payload, groupsClaim), expiresAtMs };
    } catch (error) {
      if (isFault(error)) throw error;
      if (error instanceof errors.JWTExpired) throw tokenExpired();
      const isAudience = error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud';
      throw isAudience ? tokenAudience(audience) : tokenInvalid();
    }
  }
}

function groupsOf(payload: JWTPayload, claim: string): string[] {
  const value = payload[claim];
  const groups: readonly unknown[] = Array.isArray(value) ? value : [value];
  return groups.slice(0, MAX_GROUPS).filter((group) => typeof group === 'string');
}
