import { readFile } from 'node:fs/promises';
import { Authenticator } from '../access/authenticator.js';
import { readJwks } from '../access/jwks-source.js';
import { PolicyError, readPolicy } from '../access/read-policy.js';
import { readTokens, StaticTokens, tokensOfPolicy } from '../access/static-tokens.js';
import type { TokenHash } from '../access/static-tokens.js';
import type { JwtVerifier } from '../access/jwt-verifier.js';
import type { Clock } from '../clock/clock.js';
import type { AuthConfig } from '../config/config.js';
import { AccessRules } from '../core/access/access-rules.js';
import type { Policy } from '../core/access/policy.js';
import { Principals } from '../core/access/principals.js';
import { reasonOf } from '../core/errors.js';
import { EXIT } from '../core/exit-codes.js';
import { Guard } from '../server/access/guard.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { sourceOf } from './pem.js';
import { messageOf, oneLine, StartError } from './start-error.js';

export interface AccessFiles {
  readonly policy: Policy;
  readonly tokens: readonly TokenHash[];
}

/** Reads the policy and the static tokens. @throws StartError that names the file and its lines. */
export async function readAccessFiles({
  policyPath,
  tokensPath,
}: AuthConfig): Promise<AccessFiles> {
  const policySource = sourceOf('SHARED_LOCK_AUTH_POLICY_PATH', policyPath);
  const policy = await read(policySource, policyPath, readPolicy);
  const ofPolicy = tokensOfPolicy(policy);
  if (tokensPath === undefined) return { policy, tokens: ofPolicy };
  const source = sourceOf('SHARED_LOCK_AUTH_TOKENS_PATH', tokensPath);
  const ofFile = await read(source, tokensPath, (text) => readTokens(text, policy));
  return { policy, tokens: [...ofPolicy, ...ofFile] };
}

async function read<T>(source: string, path: string, parse: (text: string) => T): Promise<T> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new StartError(EXIT.config, `${source} can't be read: ${messageOf(error)}`, error);
  });
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new StartError(
      EXIT.config,
      `${source}: ${oneLine(error.message.replaceAll('\n', '; '))}`,
      error,
    );
  }
}

export interface AccessParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'accessRefused'>;
}

/** The guard of both servers. @throws StartError as `readAccessFiles`. */
export async function openAccess(config: AuthConfig, parts: AccessParts): Promise<Guard> {
  const { policy, tokens } = await readAccessFiles(config);
  const { mode } = config;
  const { clock, logger, metrics } = parts;
  return new Guard({
    mode,
    rules: new AccessRules(policy),
    authenticator: new Authenticator({
      clock,
      principals: new Principals(policy),
      tokens: new StaticTokens(tokens),
      jwt: await verifier(config.jwt, parts),
    }),
    refused: (fault, { id }) => {
      metrics.accessRefused(mode, reasonOf(fault));
      // Refusals themselves are in the access log.
      if (mode === 'audit')
        logger.warn('would be refused', { principal: id, error: fault.message });
    },
  });
}

/** Loaded only where it is needed. */
async function verifier(
  jwt: AuthConfig['jwt'],
  { clock, logger }: AccessParts,
): Promise<JwtVerifier | undefined> {
  if (jwt === undefined) return undefined;
  const { JwtVerifier: Verifier } = await import('../access/jwt-verifier.js');
  const { KeySet } = await import('../access/key-set.js');
  const keys = new KeySet(
    clock,
    () => readJwks(jwt.keys),
    (error) => logger.warn('the keys of tokens can not be read', { trouble: messageOf(error) }),
  );
  return new Verifier(jwt, clock, keys.keyFor);
}
