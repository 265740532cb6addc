import { join } from 'node:path';
import { formatDuration } from '../core/duration.js';
import { isFault } from '../core/errors.js';
import { checkName } from '../core/text.js';
import type { Config, EtcdConfig, EtcdTls, ServerTls, StorageConfig } from './config.js';
import { authConfig, clientAuthProblems, isOpen, openWarning, policyWarning } from './auth.js';
import { emptyWarning, refusedEmpty } from './empty.js';
import { YEAR_MS, type SettingValues } from './settings.js';
import { replacedWarnings } from './replaced.js';
import type { Origin, Setpoint } from './sources.js';
import type { Surroundings } from './surroundings.js';

/** What resolving needs to know beside the values. */
export interface Given {
  readonly setpoints: ReadonlyMap<string, Setpoint>;
  readonly surroundings: Surroundings;
  /** One line for each thing that is wrong. */
  readonly problems: string[];
}

/** Makes of the settings what the daemon works with, and checks what must fit together. */
export function resolve(values: SettingValues, given: Given): Config {
  checkSockets(values.server, given);
  const chosen = storage(values, given);
  given.problems.push(...refusedEmpty(given.setpoints, chosen, values.storage.type !== ''));
  return {
    server: values.server,
    http: values.http,
    admission: values.admission,
    tls: serverTls(values, given),
    auth: authConfig(values.auth, given.problems),
    storage: chosen,
    ttl: ttl(values, given),
    originalTtl: originalTtl(values, given),
    limits: limits(values, given),
    wireLimits: values.wireLimits,
    heldCacheSize: values.cache.enabled ? values.cache.size : 0,
    counterLock: counterLock(values, given),
    log: {
      level: values.log.debug ? 'debug' : values.log.level,
      files:
        values.log.dir === ''
          ? undefined
          : {
              dir: values.log.dir,
              maxBytes: values.log.maxBytes,
              backupCount: values.log.backupCount,
            },
      ...(values.log.auditPath === ''
        ? undefined
        : {
            audit: {
              path: values.log.auditPath,
              maxBytes: values.log.maxBytes,
              backupCount: values.log.backupCount,
            },
          }),
    },
    isOpen: isOpen(values),
    warnings: [
      ...openWarning(values),
      ...policyWarning(values),
      ...warnings(chosen, given),
      ...socketWarning(values.server),
      ...replacedWarnings(values.compatibility.system, given.surroundings.env),
    ],
  };
}

function serverTls(
  { tls, server, auth }: SettingValues,
  { problems }: Given,
): ServerTls | undefined {
  const { certPath, keyPath, clientCaPath, clientAuth } = tls;
  const isClientOptional = clientAuth === 'optional';
  problems.push(...clientAuthProblems(tls, auth));
  if ((certPath === '') !== (keyPath === '')) {
    problems.push(
      'SHARED_LOCK_TLS_CERT_PATH and SHARED_LOCK_TLS_KEY_PATH: set both, or neither for no TLS',
    );
  }
  if (clientCaPath !== '' && certPath === '') {
    problems.push(
      'SHARED_LOCK_TLS_CLIENT_CA_PATH: needs SHARED_LOCK_TLS_CERT_PATH and SHARED_LOCK_TLS_KEY_PATH',
    );
  }
  if (server.port !== 0 && server.port === server.grpcPort) {
    problems.push(
      `SHARED_LOCK_SERVER_PORT and SHARED_LOCK_GRPC_PORT: both are ${server.port}; give two ports`,
    );
  }
  if (certPath === '') return undefined;
  return { certPath, keyPath, clientCaPath: clientCaPath || undefined, isClientOptional };
}

function checkSockets(server: SettingValues['server'], { problems }: Given): void {
  if (server.httpSocketPath !== '' && server.httpSocketPath === server.grpcSocketPath) {
    problems.push(
      'SHARED_LOCK_HTTP_SOCKET_PATH and SHARED_LOCK_GRPC_SOCKET_PATH: both are ' +
        `${server.httpSocketPath}; give two paths`,
    );
  }
}

function ttl({ lease }: SettingValues, { problems }: Given): Config['ttl'] {
  const { ttlDefaultMs: defaultMs, ttlMinMs: minMs, ttlMaxMs: maxMs } = lease;
  if (!(minMs <= defaultMs && defaultMs <= maxMs)) {
    problems.push(
      `SHARED_LOCK_LEASE_TTL_DEFAULT: ${formatDuration(defaultMs)} must lie between ` +
        `SHARED_LOCK_LEASE_TTL_MIN, which is ${formatDuration(minMs)}, and ` +
        `SHARED_LOCK_LEASE_TTL_MAX, which is ${formatDuration(maxMs)}`,
    );
  }
  return { defaultMs, minMs, maxMs };
}

/** Whoever bounds TTLs on purpose means those of the original's callers too. */
function originalTtl({ lease }: SettingValues, given: Given): Config['originalTtl'] {
  const { ttlDefaultMs: defaultMs, ttlMinMs: minMs, ttlMaxMs } = lease;
  const maxMs = originOf('lease.ttlMax', given) === 'default' ? YEAR_MS : ttlMaxMs;
  return { defaultMs, minMs, maxMs };
}

function limits({ limits: values }: SettingValues, { problems }: Given): Config['limits'] {
  if (values.waitersPerLock > values.waitersPerDaemon) {
    problems.push(
      'SHARED_LOCK_LIMIT_WAITERS_PER_LOCK: must be at most SHARED_LOCK_LIMIT_WAITERS_PER_DAEMON, ' +
        `which is ${values.waitersPerDaemon}`,
    );
  }
  return values;
}

function counterLock(values: SettingValues, given: Given): Config['counterLock'] {
  const { lockKey: key, lockTtlMs } = values.counter;
  const { ttlMinMs, ttlMaxMs } = values.lease;
  const ttlMs = Math.min(Math.max(lockTtlMs, ttlMinMs), ttlMaxMs);
  if (ttlMs !== lockTtlMs && originOf('counter.lockTtl', given) !== 'default') {
    given.problems.push(
      `${nameOf('counter.lockTtl', given)}: must lie between SHARED_LOCK_LEASE_TTL_MIN and _MAX`,
    );
  }
  try {
    checkName(key, values.limits.nameBytes, nameOf('counter.lockKey', given));
  } catch (error) {
    if (!isFault(error)) throw error;
    given.problems.push(error.message);
  }
  return { key, ttlMs };
}

function storage(values: SettingValues, given: Given): StorageConfig {
  const { type, keyPrefix, dataBytes } = values.storage;
  const chosen = type || (givenFor('SHARED_LOCK_ETCD_', given).length > 0 ? 'etcd' : 'embedded');
  switch (chosen) {
    case 'memory':
    case 'mock':
      return { type: 'memory', keyPrefix, dataBytes };
    case 'embedded': {
      const folder = values.storage.dataDir || defaultDataDir(given.surroundings);
      return { type: 'embedded', keyPrefix, folder, dataBytes, byDefault: type === '' };
    }
    case 'etcd':
      return { type: 'etcd', keyPrefix, etcd: etcd(values.etcd, given) };
  }
}

/** The names, as somebody gave them, of settings whose variables begin so. */
function givenFor(variables: string, { setpoints }: Given): string[] {
  return [...setpoints.values()]
    .filter(({ setting, origin }) => setting.env.startsWith(variables) && origin !== 'default')
    .map(({ givenAs }) => givenAs);
}

/** Who gives the address of etcd may believe that locks are shared, which they are not. */
function warnings({ type }: StorageConfig, given: Given): string[] {
  const unused = [
    ...(type === 'etcd' ? [] : givenFor('SHARED_LOCK_ETCD_', given)),
    ...(type === 'embedded' ? [] : givenFor('SHARED_LOCK_DATA_DIR', given)),
  ];
  const empty = emptyWarning(given.setpoints);
  if (unused.length === 0) return empty;
  const alone = type === 'etcd' ? '' : ', which shares nothing with other nodes';
  const are = unused.length === 1 ? 'is' : 'are';
  return [`${unused.join(', ')} ${are} not used: storage is ${type}${alone}`, ...empty];
}

/** The bits of the mode that let the group in. */
const GROUP_BITS = 0o060;

function socketWarning({ socketGroup, socketMode }: SettingValues['server']): string[] {
  if (socketGroup === '' || (socketMode & GROUP_BITS) === GROUP_BITS) return [];
  return ['SHARED_LOCK_SOCKET_GROUP lets nobody in: set SHARED_LOCK_SOCKET_MODE=0660 too'];
}

/**
 * Where a daemon's state is expected: a service of the system (root) keeps it in /var/lib, a person's in
 * the XDG state folder.
 */
function defaultDataDir(surroundings: Surroundings): string {
  if (surroundings.isRoot) return '/var/lib/shared-lock';
  const state = surroundings.env.XDG_STATE_HOME;
  // The XDG specification says that a relative path is to be ignored.
  const base =
    state?.startsWith('/') === true ? state : join(surroundings.homeFolder(), '.local', 'state');
  return join(base, 'shared-lock');
}

function etcd(values: SettingValues['etcd'], given: Given): EtcdConfig {
  const { addrList } = values;
  const isListGiven = originOf('etcd.addrList', given) !== 'default';
  const schemes = addrList.map((address) => address.scheme);
  if (values.tls && isListGiven && schemes.includes('http')) {
    given.problems.push(
      'SHARED_LOCK_ETCD_TLS is true, but SHARED_LOCK_ETCD_ADDR_LIST says http://: write https://',
    );
  }
  const isTls = values.tls || schemes.includes('https');
  const scheme = isTls ? 'https' : 'http';
  return {
    endpoints: addrList.map(({ authority }) => `${scheme}://${authority}`),
    tls: isTls ? etcdTls(values, given) : undefined,
    auth: etcdAuth(values, given),
    callTimeoutMs: values.callTimeoutMs,
  };
}

/** A path that nobody set and where nothing is means that there is none. */
function etcdTls(values: SettingValues['etcd'], given: Given): EtcdTls {
  const isThere = (path: string): boolean => given.surroundings.exists(path);
  const isGiven = (path: string): boolean => originOf(path, given) !== 'default';
  const { caCertPath, clientCertPath, clientKeyPath } = values;
  const hasCa = isGiven('etcd.caCertPath') || isThere(caCertPath);
  const hasClient =
    isGiven('etcd.clientCertPath') ||
    isGiven('etcd.clientKeyPath') ||
    (isThere(clientCertPath) && isThere(clientKeyPath));
  return {
    caPath: hasCa ? caCertPath : undefined,
    client: hasClient ? { certPath: clientCertPath, keyPath: clientKeyPath } : undefined,
  };
}

function etcdAuth(
  { username, passwordFile }: SettingValues['etcd'],
  { surroundings, problems }: Given,
): EtcdConfig['auth'] {
  if (username === '' && passwordFile === '') return undefined;
  if (username === '' || passwordFile === '') {
    problems.push(
      'SHARED_LOCK_ETCD_USERNAME and SHARED_LOCK_ETCD_PASSWORD_FILE: set both, or neither',
    );
    return undefined;
  }
  try {
    const password = surroundings.readFile(passwordFile).replace(/\r?\n$/, '');
    if (password !== '') return { username, password };
    problems.push(`SHARED_LOCK_ETCD_PASSWORD_FILE=${passwordFile}: the file is empty`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push(`SHARED_LOCK_ETCD_PASSWORD_FILE=${passwordFile}: can't be read: ${why}`);
  }
  return undefined;
}

/** As whoever gave it would look for it. */
function nameOf(path: string, { setpoints }: Given): string {
  return setpoints.get(path)?.givenAs ?? path;
}

function originOf(path: string, { setpoints }: Given): Origin {
  return setpoints.get(path)?.origin ?? 'default';
}
