import { hostname } from 'node:os';
import type { Clock } from '../clock/clock.js';
import { randomName } from '../clock/random.js';
import type { Config } from '../config/config.js';
import { EXIT } from '../core/exit-codes.js';
import { loadDescriptors } from '../protocol/descriptors.js';
import type { ReportDefect } from '../protocol/status.js';
import type { QuietTurns } from '../clock/quiet-turns.js';
import { Starts } from '../clock/starts.js';
import { Audit } from '../server/access/audit.js';
import type { Guard } from '../server/access/guard.js';
import { guarded } from '../server/access/guarded.js';
import { Admission } from '../server/admission/admission.js';
import { createGrpcServer, type GrpcServer } from '../server/grpc/server.js';
import { mergeTables } from '../server/handlers/call.js';
import { configHandlers } from '../server/handlers/config.js';
import { counterHandlers } from '../server/handlers/counter.js';
import { electionHandlers } from '../server/handlers/election.js';
import { leaseHandlers } from '../server/handlers/lease.js';
import { lockHandlers } from '../server/handlers/lock.js';
import { messageHandlers } from '../server/handlers/message.js';
import { accessHandlers } from '../server/handlers/access.js';
import type {
  TlsMaterial,
  WireObserver,
  WireOptions,
  WireServer,
} from '../server/handlers/wire.js';
import type { PlainRoute } from '../server/http/answer.js';
import { configApiRoutes } from '../server/http/legacy/config-api.js';
import { configCacheRoutes } from '../server/http/legacy/config-cache.js';
import { counterAppRoutes } from '../server/http/legacy/counter-app.js';
import { messageRoutes } from '../server/http/legacy/messages.js';
import { originalRoutes } from '../server/http/legacy/original.js';
import { createHttpServer } from '../server/http/server.js';
import type { Services } from '../service/services.js';
import type { StoreHealth } from '../store/store.js';
import type { Logger } from '../telemetry/logger.js';
import type { Logging } from '../telemetry/logging.js';
import type { Metrics } from '../telemetry/metrics.js';
import { groupIdOf } from './group-id.js';
import { accessLevel } from './access-level.js';
import { HandshakeLog } from './handshake-log.js';
import { socketFailure, StartError } from './start-error.js';

export interface ServersParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly quiet: QuietTurns;
  readonly logging: Logging;
  readonly metrics: Metrics;
  readonly services: Services;
  readonly tls: TlsMaterial | undefined;
  /** Undefined: everybody may do anything. */
  readonly guard: Guard | undefined;
  readonly version: string;
  /** Asked by /readyz. */
  readonly ready: () => StoreHealth;
  /** Routes of HTTP beside those that it always has. */
  readonly routes: readonly PlainRoute[];
}

/** Both servers, on the same handlers. */
export interface Servers {
  readonly grpc: GrpcServer;
  readonly http: WireServer;
  /** What grpc.health.v1 is asked about; the empty name is the whole daemon. */
  readonly healthNames: readonly string[];
}

export function createServers(parts: ServersParts): Servers {
  const { config, quiet, services, tls, guard, metrics } = parts;
  const descriptors = loadDescriptors();
  const { trustedProxies, loopbackShares: countsLoopback } = config.admission;
  const admission = new Admission(
    new Starts(quiet),
    config.wireLimits,
    { trustedProxies, countsLoopback },
    (...refusal) => metrics.refused(...refusal),
  );
  const audit = new Audit(parts.logging.audit, guard);
  metrics.showInUse(() => admission.inUse());
  const wire: WireOptions = {
    descriptors,
    handlers: guarded(
      mergeTables(
        configHandlers(services.configs),
        counterHandlers(services.counters),
        electionHandlers(services.elections),
        leaseHandlers(services.leases, admission),
        lockHandlers(services.locks),
        messageHandlers(services.messages),
        accessHandlers(guard),
      ),
      guard,
      audit,
    ),
    guard,
    audit,
    clock: parts.clock,
    observer: observer(parts),
    admission,
    ...(tls === undefined ? undefined : { tls }),
  };
  const { grpcMessageBytes, httpBodyBytes, concurrentStreams } = config.wireLimits;
  const { readTimeoutMs, writeTimeoutMs, idleTimeoutMs } = config.server;
  const { maxConnectionAgeMs: maxAgeMs, connectionAgeGraceMs: ageGraceMs } = config.server;
  const grpc = createGrpcServer({
    ...wire,
    limits: {
      messageBytes: grpcMessageBytes,
      concurrentStreams,
      readTimeoutMs,
      maxAgeMs,
      ageGraceMs,
    },
  });
  const http = createHttpServer({
    ...wire,
    ready: parts.ready,
    metrics,
    version: parts.version,
    routes: [...legacyRoutes(parts, wire.observer.defect), ...parts.routes],
    limits: { bodyBytes: httpBodyBytes, readTimeoutMs, writeTimeoutMs, idleTimeoutMs, maxAgeMs },
    web: {
      hosts: [...config.http.allowedHosts, hostname().toLowerCase(), config.server.host],
      origins: config.http.allowedOrigins,
    },
  });
  const names = new Set(descriptors.methods.map((method) => method.service));
  return { grpc, http, healthNames: ['', ...names] };
}

/** Of the systems that this one replaces. */
function legacyRoutes(
  { config, clock, services, metrics }: ServersParts,
  report: ReportDefect,
): PlainRoute[] {
  const { leases } = services;
  return [
    ...originalRoutes(
      { leases, nowMs: () => clock.now(), ttl: config.originalTtl, metrics },
      report,
    ),
    ...configApiRoutes(services.configs, report),
    ...configCacheRoutes(services.configs, report),
    ...counterAppRoutes(services.counters, config.counterLock, report),
    ...messageRoutes(services.messages, report),
  ];
}

/** Also on Unix sockets, where they are configured. They stop with their servers. @throws StartError */
export async function listenOnSockets(
  { http, grpc }: Servers,
  { server }: Config,
  logger: Logger,
): Promise<void> {
  const sockets = [
    ['HTTP', http, server.httpSocketPath, 'SHARED_LOCK_HTTP_SOCKET_PATH'],
    ['gRPC', grpc, server.grpcSocketPath, 'SHARED_LOCK_GRPC_SOCKET_PATH'],
  ] as const;
  const access = { mode: server.socketMode, groupId: socketGroupId(server.socketGroup) };
  for (const [api, wire, path, setting] of sockets) {
    if (path === '') continue;
    await wire.listenUnix(path, access).catch((error: unknown) => {
      throw socketFailure(error, path, setting);
    });
    logger.info('listening on a Unix socket too', { api, path });
  }
}

/** @throws StartError if there is no such group. */
function socketGroupId(group: string): number | undefined {
  if (group === '') return undefined;
  const id = groupIdOf(group);
  if (id !== undefined) return id;
  throw new StartError(
    EXIT.config,
    `there is no group ${group} in /etc/group: set SHARED_LOCK_SOCKET_GROUP to one of these, or to a number`,
  );
}

function observer({ clock, logging, metrics }: ServersParts): WireObserver {
  const handshakes = new HandshakeLog(clock, logging.logger);
  return {
    handshake: (failure) => {
      handshakes.add(failure);
    },
    access: (entry) => {
      if (entry.code === 'RESOURCE_EXHAUSTED') metrics.refused(entry.wire, entry.reason ?? 'OTHER');
      const durationMs = Math.round(entry.durationMs * 1000) / 1000;
      logging.access(accessLevel(entry), { ...entry, durationMs });
    },
    rpc: (observation) => {
      metrics.observeRpc(observation);
    },
    defect: (error) => {
      const reference = randomName();
      logging.logger.error('a request met a defect', { reference, err: error });
      return reference;
    },
  };
}
