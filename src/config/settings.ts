import { DEFAULT_KEY_PREFIX } from '../core/keys.js';
import { formatDuration } from '../core/duration.js';
import { DEFAULT_TTL_BOUNDS } from '../core/limits.js';
import { addressList } from './addresses.js';
import {
  boolean,
  durationMs,
  integer,
  keyPrefix,
  oneOf,
  port,
  socketGroup,
  socketMode,
  socketPath,
  text,
} from './format.js';
import { LIMIT_SETTINGS, WIRE_LIMIT_SETTINGS } from './limit-settings.js';
import { COMPATIBILITY_SETTINGS } from './compatibility-settings.js';
import { setting } from './setting.js';
import type { Values } from './setting.js';
import { AUTH_SETTINGS } from './auth-settings.js';
import { HTTP_SETTINGS } from './http-settings.js';
import { networkList } from './web-lists.js';

const HOUR_MS = 3_600_000;
export const YEAR_MS = 365 * 24 * HOUR_MS;

const SERVER = {
  host: setting(
    'SHARED_LOCK_SERVER_HOST',
    text,
    '127.0.0.1',
    'Address that both servers listen on; `0.0.0.0` or `::` for all.',
    { flag: 'host', isNeverEmpty: true },
  ),
  port: setting('SHARED_LOCK_SERVER_PORT', port, '8080', 'Port of the HTTP API.', { flag: 'port' }),
  grpcPort: setting('SHARED_LOCK_GRPC_PORT', port, '50051', 'Port of the gRPC API.', {
    flag: 'grpc-port',
  }),
  httpSocketPath: setting(
    'SHARED_LOCK_HTTP_SOCKET_PATH',
    socketPath,
    '',
    'Unix socket for the HTTP API, beside the port, without TLS: only for this user, unless `SHARED_LOCK_SOCKET_MODE` says more.',
    { fallbackDoc: 'none' },
  ),
  grpcSocketPath: setting(
    'SHARED_LOCK_GRPC_SOCKET_PATH',
    socketPath,
    '',
    'The same for the gRPC API; callers say `unix:` and the path.',
    { fallbackDoc: 'none' },
  ),
  socketMode: setting(
    'SHARED_LOCK_SOCKET_MODE',
    socketMode,
    '0600',
    'Permissions of both Unix sockets, in octal: `0660` lets their group in, too, `0666` everybody who can reach the folder.',
  ),
  socketGroup: setting(
    'SHARED_LOCK_SOCKET_GROUP',
    socketGroup,
    '',
    'Group that both Unix sockets belong to, by name or number, for a container with another user. The daemon has to be root, or ' +
      'in the group.',
    { fallbackDoc: "the daemon's" },
  ),
  readTimeoutMs: setting(
    'SHARED_LOCK_SERVER_READ_TIMEOUT',
    durationMs(1, HOUR_MS),
    '10s',
    'How long a request may take to arrive, of a gRPC stream the first one; a TLS handshake; and a gRPC connection to say that it is one.',
  ),
  writeTimeoutMs: setting(
    'SHARED_LOCK_SERVER_WRITE_TIMEOUT',
    durationMs(0, HOUR_MS),
    '10s',
    'How long an HTTP answer may take to be read by the caller. Waits and streams are not cut.',
  ),
  idleTimeoutMs: setting(
    'SHARED_LOCK_SERVER_IDLE_TIMEOUT',
    durationMs(1, 24 * HOUR_MS),
    '120s',
    'How long an HTTP connection without requests stays open.',
  ),
  maxConnectionAgeMs: setting(
    'SHARED_LOCK_SERVER_CONNECTION_MAX_AGE',
    durationMs(0, 24 * HOUR_MS),
    '0s',
    'How old a connection may become, give or take a tenth, before the caller is asked to open another one, so that a load ' +
      'balancer can move it; `0s`: as old as it likes. Of HTTP it is closed with the next answer.',
  ),
  connectionAgeGraceMs: setting(
    'SHARED_LOCK_SERVER_CONNECTION_MAX_AGE_GRACE',
    durationMs(0, 24 * HOUR_MS),
    '0s',
    'How long calls may go on over a gRPC connection that is too old; `0s`: until they end. What is cut loses nothing that it ' +
      'holds, but a wait its place in the queue.',
  ),
  drainDelayMs: setting(
    'SHARED_LOCK_SERVER_DRAIN_DELAY',
    durationMs(0, HOUR_MS),
    '0s',
    'How long a stop goes on serving, not ready and without new leases and locks, before it closes its ports: ' +
      'as long as a load balancer takes to notice. In Kubernetes `5s`.',
  ),
  shutdownTimeoutMs: setting(
    'SHARED_LOCK_SERVER_SHUTDOWN_TIMEOUT',
    durationMs(0, HOUR_MS),
    '10s',
    'How long a stop waits, after the drain delay, for requests under way.',
  ),
  pprofEnabled: setting(
    'SHARED_LOCK_PPROF_ENABLED',
    boolean,
    'false',
    'Serve `/debug/pprof/profile` and `/debug/pprof/heap`, to callers on this machine only.',
  ),
};

const ADMISSION = {
  trustedProxies: setting(
    'SHARED_LOCK_TRUSTED_PROXIES',
    networkList,
    '',
    'Proxies whose `X-Forwarded-For` is believed, comma-separated addresses and networks, such as `10.0.0.0/8`: their callers ' +
      'have a share of each limit instead of them.',
    { fallbackDoc: 'none' },
  ),
  loopbackShares: setting(
    'SHARED_LOCK_LOOPBACK_SHARES',
    boolean,
    'false',
    'Whether a loopback address has a share of each limit, as other addresses have, and not all that is left.',
  ),
};

const TLS = {
  certPath: setting(
    'SHARED_LOCK_TLS_CERT_PATH',
    text,
    '',
    'Certificate chain (PEM) of both servers; turns TLS on. Looked at every 10 seconds.',
    { protects: 'callers' },
  ),
  keyPath: setting('SHARED_LOCK_TLS_KEY_PATH', text, '', 'Private key (PEM) of the certificate.', {
    protects: 'callers',
  }),
  clientCaPath: setting(
    'SHARED_LOCK_TLS_CLIENT_CA_PATH',
    text,
    '',
    'Callers must show a certificate that one of these authorities (PEM) has signed.',
    { protects: 'callers' },
  ),
  clientAuth: setting(
    'SHARED_LOCK_TLS_CLIENT_AUTH',
    oneOf('require', 'optional'),
    'require',
    '`optional`: callers may show such a certificate, or a token, or what `anonymous` may do is enough. Takes a policy.',
    { protects: 'callers' },
  ),
};

const STORAGE = {
  type: setting(
    'SHARED_LOCK_STORAGE_TYPE',
    oneOf('', 'etcd', 'embedded', 'memory', 'mock'),
    '',
    '`etcd` for a cluster, `embedded` for one node with its own disk, `memory` (or `mock`) for tests: ' +
      'it forgets all at a restart.',
    {
      flag: 'storage',
      isNeverEmpty: true,
      fallbackDoc: '`etcd` if any `SHARED_LOCK_ETCD_*` is set, else `embedded`',
    },
  ),
  dataDir: setting(
    'SHARED_LOCK_DATA_DIR',
    text,
    '',
    'Folder of the embedded storage. One process at a time.',
    {
      flag: 'data-dir',
      isNeverEmpty: true,
      fallbackDoc:
        '`/var/lib/shared-lock` for root, else `$XDG_STATE_HOME/shared-lock` ' +
        '(`~/.local/state/shared-lock`)',
    },
  ),
  dataBytes: setting(
    'SHARED_LOCK_LIMIT_DATA_BYTES',
    integer(0, Number.MAX_SAFE_INTEGER),
    '0',
    'What the embedded and the memory storage may hold, all of it in memory: beyond that what needs space is refused. ' +
      '0: 40 % of the heap that Node.js has (`NODE_OPTIONS=--max-old-space-size=…`, in MiB, gives it more).',
  ),
  keyPrefix: setting(
    'SHARED_LOCK_KEY_PREFIX',
    keyPrefix,
    DEFAULT_KEY_PREFIX,
    'Where the locks are in the store; the rest is beside it, under the same name with `.v1`.',
  ),
};

const ETCD = {
  addrList: setting(
    'SHARED_LOCK_ETCD_ADDR_LIST',
    addressList,
    'http://localhost:2379',
    'Members of the etcd cluster, comma-separated. `https://` turns TLS on.',
    { flag: 'etcd' },
  ),
  tls: setting('SHARED_LOCK_ETCD_TLS', boolean, 'false', 'TLS to etcd.', { protects: 'etcd' }),
  caCertPath: setting(
    'SHARED_LOCK_CA_CERT_PATH',
    text,
    '/etc/etcd/ca.crt',
    "Authorities (PEM) that sign etcd's certificates. If this is not set and the file does not exist: " +
      'those that Node brings.',
    { protects: 'etcd' },
  ),
  clientCertPath: setting(
    'SHARED_LOCK_CLIENT_CERT_PATH',
    text,
    '/etc/etcd/client.crt',
    'Certificate (PEM) to show to etcd. If neither this nor the key is set and a file does not exist: none.',
    { protects: 'etcd' },
  ),
  clientKeyPath: setting(
    'SHARED_LOCK_CLIENT_KEY_PATH',
    text,
    '/etc/etcd/client.key',
    'Private key (PEM) of that certificate.',
    { protects: 'etcd' },
  ),
  username: setting('SHARED_LOCK_ETCD_USERNAME', text, '', 'User of etcd, if it has users.', {
    protects: 'etcd',
  }),
  passwordFile: setting(
    'SHARED_LOCK_ETCD_PASSWORD_FILE',
    text,
    '',
    "File with that user's password; a newline at its end does not count.",
    { protects: 'etcd' },
  ),
  callTimeoutMs: setting(
    'SHARED_LOCK_ETCD_CALL_TIMEOUT',
    durationMs(100, 60_000),
    '5s',
    'How long one call to etcd may take.',
  ),
};

const TTL = durationMs(1000, YEAR_MS);

const LEASE = {
  ttlDefaultMs: setting(
    'SHARED_LOCK_LEASE_TTL_DEFAULT',
    TTL,
    formatDuration(DEFAULT_TTL_BOUNDS.defaultMs),
    'TTL of a lease whose caller does not ask for one.',
  ),
  ttlMinMs: setting(
    'SHARED_LOCK_LEASE_TTL_MIN',
    TTL,
    formatDuration(DEFAULT_TTL_BOUNDS.minMs),
    'Shortest TTL; who asks for less is granted this.',
  ),
  ttlMaxMs: setting(
    'SHARED_LOCK_LEASE_TTL_MAX',
    TTL,
    formatDuration(DEFAULT_TTL_BOUNDS.maxMs),
    'Longest TTL; who asks for more is refused. Unless it is set, callers of `POST /lease` may ask for a year.',
  ),
};

const CACHE = {
  enabled: setting(
    'SHARED_LOCK_CACHE_ENABLED',
    boolean,
    'false',
    'Remember which locks are held, so that asking for one of them without waiting is answered at once. ' +
      'It may say "held" a moment too long; a grant never comes from it.',
  ),
  size: setting(
    'SHARED_LOCK_CACHE_SIZE',
    integer(0, 10_000_000),
    '1000',
    'So many locks are remembered.',
  ),
};

const COUNTER = {
  lockKey: setting(
    'SHARED_LOCK_COUNTER_LOCK_KEY',
    text,
    'counter',
    'Name of the lock that `POST /increase_counter` takes.',
  ),
  lockTtlMs: setting(
    'SHARED_LOCK_COUNTER_LOCK_TTL',
    TTL,
    '60s',
    'TTL of that lock: a `sleep` that takes as long is answered 408. Rounded up to whole seconds.',
  ),
};

const LOG = {
  level: setting(
    'SHARED_LOCK_LOG_LEVEL',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.',
    { flag: 'log-level' },
  ),
  debug: setting('SHARED_LOCK_DEBUG', boolean, 'false', 'The same as log level `debug`.'),
  dir: setting(
    'SHARED_LOCK_LOG_DIR',
    text,
    '',
    'Folder for `app.log` and `access.log`, beside standard output.',
    { fallbackDoc: 'no files' },
  ),
  maxBytes: setting(
    'SHARED_LOCK_LOG_MAX_BYTES',
    integer(1024, Number.MAX_SAFE_INTEGER),
    '100000000',
    'No log file becomes longer: it is rotated before a line that would make it so.',
  ),
  auditPath: setting(
    'SHARED_LOCK_AUDIT_LOG_PATH',
    text,
    '',
    'File for the lines of the audit (docs/access.md), which are in the log too; rotated as the others, and written at every log level.',
    { fallbackDoc: 'no file' },
  ),
  backupCount: setting(
    'SHARED_LOCK_LOG_BACKUP_COUNT',
    integer(1, 1000),
    '5',
    'So many rotated files are kept: `app.log.1` is the newest.',
  ),
};

/** All that can be configured, by its place in the configuration file. */
export const SETTINGS = {
  server: SERVER,
  http: HTTP_SETTINGS,
  admission: ADMISSION,
  tls: TLS,
  auth: AUTH_SETTINGS,
  storage: STORAGE,
  etcd: ETCD,
  lease: LEASE,
  log: LOG,
  cache: CACHE,
  counter: COUNTER,
  compatibility: COMPATIBILITY_SETTINGS,
  limits: LIMIT_SETTINGS,
  wireLimits: WIRE_LIMIT_SETTINGS,
};

export type SettingValues = Values<typeof SETTINGS>;
