import type { AuthConfig } from './config.js';
import type { SettingValues } from './settings.js';

/** Undefined: whoever reaches the daemon may do anything. What must fit together and does not becomes a problem. */
export function authConfig(
  values: SettingValues['auth'],
  problems: string[],
): AuthConfig | undefined {
  const { mode, policyPath, tokensPath } = values;
  const jwt = jwtConfig(values, problems);
  if (mode === 'off') return undefined;
  if (policyPath === '') {
    problems.push(
      `SHARED_LOCK_AUTH_MODE: ${mode} needs a policy: give its path in SHARED_LOCK_AUTH_POLICY_PATH`,
    );
  }
  return { mode, policyPath, tokensPath: tokensPath || undefined, jwt };
}

/** Without a policy nobody would look whether a certificate was shown. */
export function clientAuthProblems(
  { clientAuth, clientCaPath }: SettingValues['tls'],
  { mode }: SettingValues['auth'],
): string[] {
  if (clientAuth === 'require') return [];
  return [
    ...(clientCaPath === ''
      ? ['SHARED_LOCK_TLS_CLIENT_AUTH: optional needs SHARED_LOCK_TLS_CLIENT_CA_PATH']
      : []),
    ...(mode === 'off'
      ? [
          'SHARED_LOCK_TLS_CLIENT_AUTH: optional needs SHARED_LOCK_AUTH_MODE and a policy: without one, callers without a certificate ' +
            'may do anything',
        ]
      : []),
  ];
}

/** Whoever reaches it from other machines may do anything. */
export function isOpen({ auth: { mode }, server: { host } }: SettingValues): boolean {
  return mode === 'off' && !isLoopback(host);
}

/** Who gives a policy, and forgets the mode, may believe that it is heeded. */
export function policyWarning({ auth: { mode, policyPath } }: SettingValues): string[] {
  if (mode !== 'off' || policyPath === '') return [];
  return [
    'SHARED_LOCK_AUTH_POLICY_PATH is not used: SHARED_LOCK_AUTH_MODE is off; set it to audit or enforce (docs/access.md)',
  ];
}

export function openWarning(values: SettingValues): string[] {
  if (!isOpen(values)) return [];
  const who =
    values.tls.clientCaPath === ''
      ? 'whoever reaches this daemon'
      : 'whoever has a certificate for this daemon';
  return [
    `${who} may do anything: SHARED_LOCK_SERVER_HOST is ${values.server.host}, and SHARED_LOCK_AUTH_MODE is off (docs/access.md)`,
  ];
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.[0-9]+){3}|\[?::1\]?)$/i.test(host);
}

function jwtConfig(values: SettingValues['auth'], problems: string[]): AuthConfig['jwt'] {
  const { jwtIssuer: issuer, jwtAudience: audience, jwtGroupsClaim: groupsClaim } = values;
  const { jwtJwksUrl: url, jwtJwksPath: path, jwtCaPath, jwtJwksTokenPath } = values;
  if (issuer === '') {
    if (url !== '' || path !== '') {
      problems.push(
        'SHARED_LOCK_AUTH_JWT_ISSUER: set it too: keys alone say nothing of who issues tokens',
      );
    }
    return undefined;
  }
  if ((url === '') === (path === '')) {
    problems.push(
      'SHARED_LOCK_AUTH_JWT_JWKS_URL and SHARED_LOCK_AUTH_JWT_JWKS_PATH: set one of them: tokens are verified with the keys there',
    );
    return undefined;
  }
  if (url !== '' && !isSafe(url)) {
    problems.push(
      'SHARED_LOCK_AUTH_JWT_JWKS_URL: give a URL that begins with https://, or with http:// and a loopback address',
    );
  }
  const keys =
    path === ''
      ? {
          kind: 'url' as const,
          url,
          caPath: jwtCaPath || undefined,
          tokenPath: jwtJwksTokenPath || undefined,
        }
      : { kind: 'file' as const, path };
  return { issuer, audience, groupsClaim, keys };
}

/** Nobody on the way can put keys of theirs there. */
function isSafe(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
