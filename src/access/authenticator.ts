import type { Clock } from '../clock/clock.js';
import {
  certificateExpired,
  certificateNameless,
  certificateUntrusted,
  expired,
  tokenExpired,
  tokenInvalid,
} from '../core/access/faults.js';
import type { Presented, PresentedCertificate } from '../core/access/presented.js';
import type { Principal } from '../core/access/principal.js';
import type { Principals } from '../core/access/principals.js';
import { certificateNames } from './certificate-names.js';
import type { JwtVerifier } from './jwt-verifier.js';
import { sha256TextOf, type StaticTokens } from './static-tokens.js';

export interface AuthenticatorParts {
  readonly clock: Clock;
  readonly principals: Principals;
  readonly tokens: StaticTokens;
  /** Undefined: none are taken. */
  readonly jwt: JwtVerifier | undefined;
}

/** So many verified tokens are remembered; the oldest goes first. */
const MAX_REMEMBERED = 10_000;
/** For so long at most, so that keys that were taken back are heeded. */
const REMEMBERED_MS = 600_000;
/** Headers of HTTP have no more. */
const MAX_TOKEN = 16 * 1024;

interface Remembered {
  readonly principal: Principal;
  readonly untilMs: number;
}

/**
 * Tells who sends a request: by its bearer token; else by the certificate of its connection; else by its Unix socket; else nobody is known.
 * What is presented and wrong is refused, never taken for nobody.
 */
export class Authenticator {
  readonly #parts: AuthenticatorParts;
  /** By the SHA-256 of the token: so no token stays in memory. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #verifying = new Map<string, Promise<Principal>>();

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
  }

  /** At once, if it need not be verified. @throws Fault UNAUTHENTICATED, or UNAVAILABLE; also by its promise. */
  identify({ authorization, certificate, isUnix }: Presented): Principal | Promise<Principal> {
    const [only, ...more] = authorization;
    if (more.length > 0) throw tokenInvalid();
    if (only !== undefined) return this.#ofToken(tokenIn(only));
    const { principals } = this.#parts;
    if (certificate === 'untrusted') throw certificateUntrusted();
    if (certificate !== undefined) return this.#ofCertificate(certificate);
    return principals.of({ via: isUnix ? 'unix' : 'none' });
  }

  /**
   * Who somebody is whom another authenticator has told, by what it showed then. What has been verified is not verified again.
   * @throws Fault UNAUTHENTICATED if it is not good any more.
   */
  again({ shown, expiresAtMs = Infinity }: Principal): Principal {
    const { clock, principals, tokens, jwt } = this.#parts;
    if (clock.wall() >= expiresAtMs) throw expired(shown.via);
    if (shown.via === 'jwt' && jwt === undefined) throw tokenInvalid();
    if (shown.via !== 'token') return principals.of(shown);
    const name = tokens.nameOf(Buffer.from(shown.sha256, 'hex'));
    if (name === undefined) throw tokenInvalid();
    return principals.of({ ...shown, name });
  }

  #ofCertificate({ subjectAltName, validTo }: PresentedCertificate): Principal {
    const names = certificateNames(subjectAltName);
    if (names.length === 0) throw certificateNameless();
    // eslint-disable-next-line no-restricted-globals -- reads a text
    const expiresAtMs = Date.parse(validTo);
    // A connection may outlive it.
    if (!(this.#parts.clock.wall() < expiresAtMs)) throw certificateExpired();
    return this.#parts.principals.of({ via: 'certificate', names, expiresAtMs });
  }

  #ofToken(token: string): Principal | Promise<Principal> {
    const key = sha256TextOf(token);
    const known = this.#known(key);
    if (known !== undefined) return known;
    const sha256 = Buffer.from(key, 'hex');
    const name = this.#parts.tokens.nameOf(sha256);
    if (name !== undefined) {
      return this.#remember(key, this.#parts.principals.of({ via: 'token', name, sha256: key }));
    }
    const { jwt } = this.#parts;
    // A JWT is three parts in base64url.
    if (jwt === undefined || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw tokenInvalid();
    const verifying = this.#verifying.get(key) ?? this.#verify(jwt, token, key);
    this.#verifying.set(key, verifying);
    return verifying;
  }

  async #verify(jwt: JwtVerifier, token: string, key: string): Promise<Principal> {
    try {
      return this.#remember(key, this.#parts.principals.of(await jwt.verify(token)));
    } finally {
      this.#verifying.delete(key);
    }
  }

  #known(key: string): Principal | undefined {
    const remembered = this.#remembered.get(key);
    if (remembered === undefined) return undefined;
    const { clock } = this.#parts;
    const { principal, untilMs } = remembered;
    if (principal.expiresAtMs !== undefined && clock.wall() >= principal.expiresAtMs) {
      this.#remembered.delete(key);
      throw tokenExpired();
    }
    if (clock.now() < untilMs) return principal;
    this.#remembered.delete(key);
    return undefined;
  }

  #remember(key: string, principal: Principal): Principal {
    if (this.#remembered.size >= MAX_REMEMBERED) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(key, { principal, untilMs: this.#parts.clock.now() + REMEMBERED_MS });
    return principal;
  }
}

/** RFC 6750, 2.1. @throws Fault UNAUTHENTICATED for another scheme. */
function tokenIn(authorization: string): string {
  const [, token] = /^bearer +([\w.~+/-]+=*) *$/i.exec(authorization) ?? [];
  if (token === undefined || token.length > MAX_TOKEN) throw tokenInvalid();
  return token;
}
