import { Authenticator } from '../access/authenticator.js';
import { readJwks } from '../access/jwks-source.js';
import type { JwtVerifier } from '../access/jwt-verifier.js';
import { readPolicy } from '../access/read-policy.js';
import { StaticTokens } from '../access/static-tokens.js';
import type { Clock } from '../clock/clock.js';
import type { AuthConfig } from '../config/config.js';
import { AccessRules } from '../core/access/access-rules.js';
import type { Policy } from '../core/access/policy.js';
import { Quotas } from '../core/access/quota.js';
import { Principals } from '../core/access/principals.js';
import { reasonOf } from '../core/errors.js';
import { refusalFacts } from '../server/access/audit-facts.js';
import { Guard, type Access } from '../server/access/guard.js';
import type { Logging } from '../telemetry/logging.js';
import type { Metrics } from '../telemetry/metrics.js';
import {
  parseAccess,
  readAccessTexts,
  type AccessFiles,
  type AccessTexts,
} from './access-files.js';
import { messageOf } from './start-error.js';

export interface AccessParts {
  readonly clock: Clock;
  readonly logging: Pick<Logging, 'logger' | 'audit'>;
  readonly metrics: Pick<Metrics, 'accessRefused' | 'accessReload'>;
}

export interface OpenedAccess {
  readonly guard: Guard;
  readonly factory: AccessFactory;
  /** What it was made of. */
  readonly texts: AccessTexts;
  readonly policy: Policy;
}

/** The guard of both servers. @throws StartError as `readAccessTexts` and `parseAccess`. */
export async function openAccess(config: AuthConfig, parts: AccessParts): Promise<OpenedAccess> {
  const { mode } = config;
  const { logging, metrics } = parts;
  const texts = await readAccessTexts(config);
  // Nobody is served yet who would have to wait.
  const files = await parseAccess(config, texts, readPolicy);
  const factory = new AccessFactory(config, parts);
  const guard = new Guard({
    mode,
    ...(await factory.make(files)),
    refused: (refusal) => {
      metrics.accessRefused(mode, reasonOf(refusal.fault));
      logging.audit(mode === 'audit' ? 'would be refused' : 'refused', refusalFacts(refusal));
    },
  });
  return { guard, factory, texts, policy: files.policy };
}

/** Makes of what files hold what a guard goes by. */
export class AccessFactory {
  readonly #jwt: AuthConfig['jwt'];
  readonly #parts: AccessParts;
  /** With keys that are not in a file: they are read by themselves, and not more often because a policy changes. */
  #verifier: JwtVerifier | undefined;

  constructor({ jwt }: AuthConfig, parts: AccessParts) {
    this.#jwt = jwt;
    this.#parts = parts;
  }

  async make({ policy, tokens, keys }: AccessFiles): Promise<Access> {
    return {
      rules: new AccessRules(policy),
      quotas: new Quotas(policy),
      authenticator: new Authenticator({
        clock: this.#parts.clock,
        principals: new Principals(policy),
        tokens: new StaticTokens(tokens),
        jwt: await this.#verifierFor(keys),
      }),
    };
  }

  async #verifierFor(keys: unknown): Promise<JwtVerifier | undefined> {
    const jwt = this.#jwt;
    if (jwt === undefined) return undefined;
    if (keys !== undefined) return this.#newVerifier(jwt, () => Promise.resolve(keys));
    return (this.#verifier ??= await this.#newVerifier(jwt, () => readJwks(jwt.keys)));
  }

  /** Loaded only where it is needed. */
  async #newVerifier(
    jwt: NonNullable<AuthConfig['jwt']>,
    read: () => Promise<unknown>,
  ): Promise<JwtVerifier> {
    const { clock, logging } = this.#parts;
    const { JwtVerifier: Verifier } = await import('../access/jwt-verifier.js');
    const { KeySet } = await import('../access/key-set.js');
    const keys = new KeySet(clock, read, (error) =>
      logging.logger.warn('the keys of tokens can not be read', { trouble: messageOf(error) }),
    );
    return new Verifier(jwt, clock, keys.keyFor);
  }
}
