import type { Clock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { createServices } from '../service/services.js';
import type { Logging } from '../telemetry/logging.js';
import { createMetrics } from '../telemetry/metrics.js';
import { ObservedStore } from './observed-store.js';
import { openStore } from './open-store.js';
import { readServerTls } from './pem.js';
import { Readiness } from './readiness.js';
import { createServers } from './servers.js';
import { Shutdown } from './shutdown.js';
import { listenFailure } from './start-error.js';
import { TlsReload } from './tls-reload.js';

/** How long a request id is remembered. */
const REQUEST_RETENTION_MS = 3_600_000;

/** What both servers may take beyond the shutdown timeout to end what they abort. */
const SERVER_STOP_MARGIN_MS = 2000;

export interface DaemonParts {
  readonly version: string;
  readonly clock: Clock;
  readonly logging: Logging;
}

export interface Daemon {
  readonly httpPort: number;
  readonly grpcPort: number;
  /**
   * Not ready any more, no new locks, streams told to go; requests under way have the shutdown timeout.
   * Revokes nothing: callers go on at another daemon.
   */
  stop(): Promise<void>;
}

/**
 * Builds the parts in order, each on those before it, and stops them in reverse.
 * @throws StartError, after what had been started is stopped again.
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

async function start(
  config: Config,
  { version, clock, logging }: DaemonParts,
  shutdown: Shutdown,
): Promise<Daemon> {
  const { logger } = logging;
  const metrics = createMetrics(version);
  const tls = config.tls === undefined ? undefined : await readServerTls(config.tls);

  const engine = await openStore(config.storage, { clock, logger, metrics });
  shutdown.add('storage', () => engine.close());
  const store = new ObservedStore(engine, clock, metrics);

  const services = createServices({
    store,
    clock,
    keyPrefix: config.storage.keyPrefix,
    limits: config.limits,
    ttl: config.ttl,
    requestRetentionMs: REQUEST_RETENTION_MS,
    telemetry: metrics.serviceTelemetry(logger),
  });
  shutdown.add('services', () => services.stop());

  const { grpc, healthNames } = createServers({ config, clock, logging, metrics, services, tls });
  const readiness = new Readiness(store, {
    logger,
    metrics,
    publish: (ready) => {
      for (const name of healthNames) grpc.setServing(name, ready);
    },
  });
  const { host, shutdownTimeoutMs } = config.server;
  const stopServers = async (): Promise<void> => {
    await grpc.stop(shutdownTimeoutMs);
  };
  shutdown.add('servers', stopServers, shutdownTimeoutMs + SERVER_STOP_MARGIN_MS);
  if (config.tls !== undefined && tls !== undefined) {
    const reload = new TlsReload(config.tls, tls, [grpc], { clock, logger });
    shutdown.add('certificate', () => {
      reload.stop();
    });
  }
  const grpcAddress = { host, port: config.server.grpcPort };
  const grpcPort = await grpc.listen(grpcAddress).catch((error: unknown) => {
    throw listenFailure(error, grpcAddress, { env: 'SHARED_LOCK_GRPC_PORT', flag: 'grpc-port' });
  });
  readiness.serve();
  shutdown.add('waiters', () => {
    readiness.stop();
    services.drain();
  });
  return { httpPort: 0, grpcPort, stop: () => shutdown.run() };
}
