import { sleep, type Clock } from '../clock/clock.js';
import type { Config, ServerTls } from '../config/config.js';
import type { TlsMaterial } from '../server/handlers/wire.js';
import type { PlainRoute } from '../server/http/answer.js';
import { QuietTurns } from '../clock/quiet-turns.js';
import { Turns } from '../clock/turns.js';
import { createServices } from '../service/services.js';
import type { Logging } from '../telemetry/logging.js';
import { createMetrics } from '../telemetry/metrics.js';
import { datesTrouble } from './certificate-dates.js';
import { quietGrpc } from './grpc-log.js';
import { ObservedStore } from './observed-store.js';
import { openAccess, type OpenedAccess } from './open-access.js';
import { openStore } from './open-store.js';
import { readServerTls, sourceOf } from './pem.js';
import { profileRoutes, startProfiler } from './profiles.js';
import { Readiness } from './readiness.js';
import { createServers, listenOnSockets, type Servers } from './servers.js';
import { lookAgain } from './look-again.js';
import { Shutdown } from './shutdown.js';
import { listenFailure } from './start-error.js';
import { OpenCalls } from '../server/access/open-calls.js';
import { PolicyReader } from '../access/policy-reader.js';
import { AccessReload, type AccessReloadParts } from './access-reload.js';
import { TlsReload } from './tls-reload.js';

/** How long a request id is remembered. */
const REQUEST_RETENTION_MS = 3_600_000;

/** What both servers may take beyond the shutdown timeout to end what they abort. */
const SERVER_STOP_MARGIN_MS = 2000;

const DRAIN_MARGIN_MS = 1000;

export interface DaemonParts {
  readonly version: string;
  /** Number of this process. */
  readonly pid: number;
  readonly clock: Clock;
  readonly logging: Logging;
  /** Aborts when the daemon is to stop: a start that is under way then ends as soon as it can. */
  readonly stopping: AbortSignal;
}

export interface Daemon {
  readonly httpPort: number;
  readonly grpcPort: number;
  /**
   * Not ready any more, and no new leases and locks; all else is served until the drain delay is over. Then
   * nobody new is let in, streams are told to go, and requests under way have the shutdown timeout.
   * Revokes nothing: callers go on at another daemon.
   */
  stop(): Promise<void>;
  /** Reads the certificates again, at once. Those that can't be used are logged, and the old ones stay. Never rejects. */
  reload(): Promise<void>;
}

/**
 * Builds the parts in order, each on those before it, and stops them in reverse.
 * @throws StartError, or the reason of `stopping`, after what had been started is stopped again.
 */
export async function startDaemon(config: Config, parts: DaemonParts): Promise<Daemon> {
  const shutdown = new Shutdown(parts.clock, parts.logging.logger);
  try {
    return await start(config, parts, shutdown);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

async function start(config: Config, parts: DaemonParts, shutdown: Shutdown): Promise<Daemon> {
  const { version, pid, clock, logging, stopping } = parts;
  const { logger } = logging;
  stopping.throwIfAborted();
  quietGrpc(logger);
  for (const warning of config.warnings) logger.warn(warning);
  const metrics = createMetrics(version);
  metrics.accessOpen(config.isOpen);
  const tls = config.tls === undefined ? undefined : await openTls(config.tls, parts);
  const access = config.auth && (await openAccess(config.auth, { clock, logging, metrics }));
  const routes = config.server.pprofEnabled ? await openProfiles(shutdown) : [];

  const { store: engine, reloadTls } = await openStore(config.storage, {
    ...{ pid, clock, logger, metrics, stopping },
  });
  shutdown.add('storage', () => engine.close());
  stopping.throwIfAborted();
  const store = new ObservedStore(engine, clock, metrics);

  const quiet = new QuietTurns();
  const turns = new Turns(quiet);
  const services = createServices({
    store,
    clock,
    turns,
    keyPrefix: config.storage.keyPrefix,
    limits: config.limits,
    ttl: config.ttl,
    requestRetentionMs: REQUEST_RETENTION_MS,
    heldCacheSize: config.heldCacheSize,
    telemetry: metrics.serviceTelemetry(logging),
  });
  shutdown.add('services', () => services.stop());

  const readiness = new Readiness(store, { clock, logger, metrics });
  // Also if a later part can't start: then nobody must hear that the store, which we close, is gone.
  shutdown.add('readiness', () => {
    readiness.stop();
  });
  const servers = createServers({
    ...{ config, clock, quiet, logging, metrics, services, tls, version, routes },
    guard: access?.guard,
    ready: () => readiness.now(),
  });
  readiness.onChange((ready) => {
    for (const name of servers.healthNames) servers.grpc.setServing(name, ready);
  });
  const ports = await listen(servers, config, shutdown);
  await listenOnSockets(servers, config, logger);
  const reloads = reloadTls === undefined ? [] : [reloadTls];
  if (reloadTls !== undefined) {
    shutdown.add('certificates for etcd', lookAgain(clock, reloadTls));
  }
  const files = { config, servers, tls, access, clock, turns, logging, metrics };
  reloads.push(...reloadFiles(files, shutdown));
  stopping.throwIfAborted();
  readiness.serve();
  const { drainDelayMs } = config.server;
  const drain = async (): Promise<void> => {
    readiness.stop();
    services.drain();
    // Callers come until their load balancer has seen that we are not ready: they are still served.
    await sleep(clock, drainDelayMs);
  };
  shutdown.add('drain', drain, drainDelayMs + DRAIN_MARGIN_MS);
  const reload = async (): Promise<void> => {
    await Promise.all(reloads.map((each) => each()));
  };
  return { ...ports, stop: () => shutdown.run(), reload };
}

/** One that has expired is served all the same: there may be callers that do not look. */
async function openTls(paths: ServerTls, { clock, logging }: DaemonParts): Promise<TlsMaterial> {
  const material = await readServerTls(paths);
  const source = sourceOf('SHARED_LOCK_TLS_CERT_PATH', paths.certPath);
  const trouble = datesTrouble(material.certificate, source, clock.wall());
  if (trouble !== undefined) logging.logger.warn('callers will not trust us', { trouble });
  return material;
}

interface ReloadParts extends Omit<AccessReloadParts, 'calls' | 'reader'> {
  readonly config: Config;
  readonly servers: Servers;
  readonly tls: TlsMaterial | undefined;
  readonly access: OpenedAccess | undefined;
}

/** What servers go by is read again while they run. @returns what reads it at once. */
function reloadFiles(
  { config, servers, tls, access, ...parts }: ReloadParts,
  shutdown: Shutdown,
): (() => Promise<void>)[] {
  const { http, grpc } = servers;
  const { clock, logging } = parts;
  const reloads: (() => Promise<void>)[] = [];
  if (config.tls !== undefined && tls !== undefined) {
    const reload = new TlsReload(config.tls, tls, [http, grpc], { clock, logger: logging.logger });
    reloads.push(() => reload.look());
    shutdown.add('certificate', () => {
      reload.stop();
    });
  }
  if (config.auth !== undefined && access !== undefined) {
    const calls = new OpenCalls(access.guard, [http.calls, grpc.calls]);
    const reader = new PolicyReader(clock);
    const reload = new AccessReload(config.auth, access, { ...parts, calls, reader });
    reloads.push(() => reload.look());
    shutdown.add('policy', () => reload.stop());
  }
  return reloads;
}

async function openProfiles(shutdown: Shutdown): Promise<PlainRoute[]> {
  const profiler = await startProfiler();
  shutdown.add('profiler', () => {
    profiler.stop();
  });
  return profileRoutes(profiler);
}

/** Both at once when it stops: neither keeps callers of the other from being told. */
async function listen(
  { http, grpc }: Servers,
  { server }: Config,
  shutdown: Shutdown,
): Promise<Pick<Daemon, 'httpPort' | 'grpcPort'>> {
  const { host, port, grpcPort, shutdownTimeoutMs } = server;
  const stop = async (): Promise<void> => {
    await Promise.all([http.stop(shutdownTimeoutMs), grpc.stop(shutdownTimeoutMs)]);
  };
  shutdown.add('servers', stop, shutdownTimeoutMs + SERVER_STOP_MARGIN_MS);
  return {
    httpPort: await http.listen({ host, port }).catch((error: unknown) => {
      const setting = { env: 'SHARED_LOCK_SERVER_PORT', flag: 'port' };
      throw listenFailure(error, { host, port }, setting);
    }),
    grpcPort: await grpc.listen({ host, port: grpcPort }).catch((error: unknown) => {
      const setting = { env: 'SHARED_LOCK_GRPC_PORT', flag: 'grpc-port' };
      throw listenFailure(error, { host, port: grpcPort }, setting);
    }),
  };
}
