import { DEFAULT_LIMITS, type Limits } from '../core/limits.js';
import { durationMs, integer, type Format } from './format.js';
import type { Setting } from './setting.js';

const MEBIBYTE = 1024 * 1024;
const DAY_MS = 86_400_000;

/** A limit of 0 would switch a part of the service off, so each is at least 1. */
function count(max = 1_000_000_000): Format<number> {
  return integer(1, max);
}

function limit(
  name: string,
  format: Format<number>,
  fallback: number,
  doc: string,
): Setting<number> {
  return { env: `SHARED_LOCK_LIMIT_${name}`, format, fallback: format.show(fallback), doc };
}

/** etcd takes requests of 1.5 MiB: what goes into one key's value stays well below. */
const VALUE_BYTES_MAX = MEBIBYTE;

export const LIMIT_SETTINGS = {
  nameBytes: limit(
    'NAME_BYTES',
    count(64 * 1024),
    DEFAULT_LIMITS.nameBytes,
    'Longest name of a lock.',
  ),
  ownerBytes: limit(
    'OWNER_BYTES',
    count(64 * 1024),
    DEFAULT_LIMITS.ownerBytes,
    'Longest owner of a lock.',
  ),
  requestIdBytes: limit(
    'REQUEST_ID_BYTES',
    count(64 * 1024),
    DEFAULT_LIMITS.requestIdBytes,
    'Longest `request_id`.',
  ),
  lockValueBytes: limit(
    'LOCK_VALUE_BYTES',
    count(VALUE_BYTES_MAX),
    DEFAULT_LIMITS.lockValueBytes,
    'Longest value of a lock.',
  ),
  labelCount: limit('LABEL_COUNT', count(1000), DEFAULT_LIMITS.labelCount, 'Labels of one lock.'),
  labelBytes: limit(
    'LABEL_BYTES',
    count(64 * 1024),
    DEFAULT_LIMITS.labelBytes,
    'Longest name, and longest value, of a label.',
  ),
  waitMs: limit(
    'WAIT',
    durationMs(1, 7 * DAY_MS),
    DEFAULT_LIMITS.waitMs,
    'Longest wait for a lock.',
  ),
  waitersPerDaemon: limit(
    'WAITERS_PER_DAEMON',
    count(),
    DEFAULT_LIMITS.waitersPerDaemon,
    'Waiters at this daemon.',
  ),
  waitersPerLock: limit(
    'WAITERS_PER_LOCK',
    count(),
    DEFAULT_LIMITS.waitersPerLock,
    'Waiters for one lock.',
  ),
  watches: limit('WATCHES', count(), DEFAULT_LIMITS.watches, 'Watches at this daemon.'),
  leases: limit('LEASES', count(), DEFAULT_LIMITS.leases, 'Leases.'),
  locksPerLease: limit(
    'LOCKS_PER_LEASE',
    count(),
    DEFAULT_LIMITS.locksPerLease,
    'Locks that one lease may hold, as far as a daemon grants them: they all end together.',
  ),
  watchBacklog: limit(
    'WATCH_BACKLOG',
    count(1_000_000),
    DEFAULT_LIMITS.watchBacklog,
    'Events kept for a watcher that reads slowly, before it is ended.',
  ),
  semaphorePermits: limit(
    'SEMAPHORE_PERMITS',
    count(),
    DEFAULT_LIMITS.semaphorePermits,
    'Permits that a semaphore can have.',
  ),
  pageSize: limit('PAGE_SIZE', count(100_000), DEFAULT_LIMITS.pageSize, 'Entries of one page.'),
  documentBytes: limit(
    'DOCUMENT_BYTES',
    count(VALUE_BYTES_MAX),
    DEFAULT_LIMITS.documentBytes,
    'Longest config document.',
  ),
  messageBytes: limit(
    'MESSAGE_BYTES',
    count(VALUE_BYTES_MAX),
    DEFAULT_LIMITS.messageBytes,
    'Longest message.',
  ),
  messages: limit('MESSAGES', count(), DEFAULT_LIMITS.messages, 'Messages stored.'),
  messagesBytes: limit(
    'MESSAGES_BYTES',
    count(2 ** 40),
    DEFAULT_LIMITS.messagesBytes,
    'Texts of all messages together. Well below what the store has: etcd has 2 GiB by default (`--quota-backend-bytes`).',
  ),
  messageRetentionMs: {
    env: 'SHARED_LOCK_MESSAGE_RETENTION',
    format: durationMs(0, 10 * 365 * DAY_MS),
    fallback: '0s',
    fallbackDoc: 'for ever',
    doc: 'How long a message is kept from when it was first stored, at least, and as a rule at most a tenth and half a minute longer; 0: for ever. Goes by the wall clocks of the daemons, and begins when it is set.',
  },
  configVersions: limit(
    'CONFIG_VERSIONS',
    count(1_000_000),
    DEFAULT_LIMITS.configVersions,
    'Versions kept of each config document; older ones are dropped.',
  ),
  configCacheBytes: limit(
    'CONFIG_CACHE_BYTES',
    count(),
    DEFAULT_LIMITS.configCacheBytes,
    'Config documents kept in memory, in bytes of their text.',
  ),
} satisfies { readonly [name in keyof Limits]: Setting<number> };

/** Bounds on what arrives, before it is known what it is. */
export const WIRE_LIMIT_SETTINGS = {
  httpBodyBytes: limit(
    'HTTP_BODY_BYTES',
    count(64 * MEBIBYTE),
    MEBIBYTE,
    'Body of an HTTP request, with the JSON around documents and messages, and its escapes.',
  ),
  grpcMessageBytes: limit(
    'GRPC_MESSAGE_BYTES',
    count(64 * MEBIBYTE),
    4 * MEBIBYTE,
    'One gRPC message.',
  ),
  concurrentStreams: limit(
    'CONCURRENT_STREAMS',
    count(1_000_000),
    1000,
    'Calls at the same time on one gRPC connection.',
  ),
  requests: limit(
    'REQUESTS',
    count(1_000_000),
    4000,
    'Requests under way at this daemon that wait for nothing. Renewals, releases and health have room of their own, for five times as many.',
  ),
  openCalls: limit(
    'OPEN_CALLS',
    count(10_000_000),
    25_000,
    'Streams, and requests that may wait for a lock, at this daemon.',
  ),
  connections: limit(
    'CONNECTIONS',
    count(10_000_000),
    20_000,
    'Connections at this daemon, and no more than the limit of open files leaves room for. Beyond it some more are answered renewals, releases, health and metrics, once each.',
  ),
  bufferedBytes: limit(
    'BUFFERED_BYTES',
    count(),
    128 * MEBIBYTE,
    'Bytes of request bodies, and of answers that their callers have not read, at this daemon.',
  ),
} satisfies Record<string, Setting<number>>;
