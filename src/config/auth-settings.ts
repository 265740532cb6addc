import { oneOf, text } from './format.js';
import { setting } from './setting.js';

const CALLERS = { protects: 'callers' } as const;

/** Who calls, and who may do what. */
export const AUTH_SETTINGS = {
  mode: setting(
    'SHARED_LOCK_AUTH_MODE',
    oneOf('off', 'audit', 'enforce'),
    'off',
    '`off`: whoever reaches the daemon may do anything. `enforce`: what the policy allows (docs/access.md). `audit`: what would be refused ' +
      'is logged, and done.',
    CALLERS,
  ),
  policyPath: setting(
    'SHARED_LOCK_AUTH_POLICY_PATH',
    text,
    '',
    'The policy, YAML or JSON. It and the other files of access are looked at every 10 seconds.',
    CALLERS,
  ),
  tokensPath: setting(
    'SHARED_LOCK_AUTH_TOKENS_PATH',
    text,
    '',
    'Static tokens: a line each with the name of a principal of the policy and the SHA-256 of its token.',
    CALLERS,
  ),
  jwtIssuer: setting(
    'SHARED_LOCK_AUTH_JWT_ISSUER',
    text,
    '',
    'The issuer of JWTs that are taken; unless it is set, none are.',
    CALLERS,
  ),
  jwtAudience: setting(
    'SHARED_LOCK_AUTH_JWT_AUDIENCE',
    text,
    'shared-lock',
    'The audience that JWTs must have.',
    { isNeverEmpty: true },
  ),
  jwtJwksUrl: setting(
    'SHARED_LOCK_AUTH_JWT_JWKS_URL',
    text,
    '',
    'Where the public keys of the issuer are: `https://`, or `http://` on this machine. Read every 10 minutes, and for a key that is not known, ' +
      'every 30 seconds at most.',
    CALLERS,
  ),
  jwtJwksPath: setting('SHARED_LOCK_AUTH_JWT_JWKS_PATH', text, '', 'The same as a file.', CALLERS),
  jwtCaPath: setting(
    'SHARED_LOCK_AUTH_JWT_CA_PATH',
    text,
    '',
    "Authorities (PEM) of that URL's certificate. Default: those that Node brings.",
    CALLERS,
  ),
  jwtJwksTokenPath: setting(
    'SHARED_LOCK_AUTH_JWT_JWKS_TOKEN_PATH',
    text,
    '',
    "File with a bearer token for that URL, such as a ServiceAccount's for the API server of Kubernetes. Read again each time.",
    CALLERS,
  ),
  jwtGroupsClaim: setting(
    'SHARED_LOCK_AUTH_JWT_GROUPS_CLAIM',
    text,
    'groups',
    'The claim of a JWT with the groups of its subject.',
    { isNeverEmpty: true },
  ),
};
