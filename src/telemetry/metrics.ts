import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Logging } from './logging.js';
import { originalMetrics, type OriginalMetrics } from './original-metrics.js';
import type { ServiceTelemetry } from './service-telemetry.js';

/** One call that was answered. All of these are from fixed lists, never what a caller wrote. */
export interface RpcObservation {
  readonly wire: 'grpc' | 'http';
  /** Full name of the service, such as `sharedlock.v1.LockService`. */
  readonly service: string;
  readonly method: string;
  /** Name of the status code, such as `OK` or `NOT_FOUND`. */
  readonly code: string;
  readonly seconds: number;
}

export type ObserveCall = (operation: string, seconds: number, ok: boolean) => void;

export interface Metrics extends Pick<OriginalMetrics, 'originalLease'> {
  observeRpc(observation: RpcObservation): void;
  /** Nothing was done of a request, for want of room. `reason` is one of a fixed list. */
  refused(wire: 'grpc' | 'http', reason: string): void;
  /** The policy does not allow what was asked, or its caller could not be told. `reason` is one of a fixed list. */
  accessRefused(mode: 'audit' | 'enforce', reason: string): void;
  /** Whether whoever reaches it from other machines may do anything. */
  accessOpen(isOpen: boolean): void;
  /** The files of access had changed, or could not be used. */
  accessReload(status: 'success' | 'failure'): void;
  /** Has `read` asked, each time that metrics are, what is taken of the limits. Once. */
  showInUse(read: () => Readonly<Record<string, number>>): void;
  /** A call to the store's engine. `operation` is one of a fixed list. */
  readonly observeStore: ObserveCall;
  /** A call to etcd: one call to the store may make several. `operation` is one of a fixed list. */
  readonly observeEtcd: ObserveCall;
  storeUp(up: boolean): void;
  /** What services tell. */
  serviceTelemetry(logging: Pick<Logging, 'logger' | 'audit'>): ServiceTelemetry;
  /** All of it in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** From a transaction in memory to an etcd that is in trouble. */
const CALL_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
/** Waiting for a lock, and holding it, takes what people's work takes: up to an hour and more. */
const WORK_SECONDS = [0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400];

/**
 * So often the event loop's delay is measured, in milliseconds; the delays that are told include it. Each time wakes
 * the process, and prom-client's own 10 ms are most of what an idle daemon does.
 */
const LOOP_DELAY_EVERY_MS = 100;

/** Metrics in a registry of their own. `version` is the program's. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: LOOP_DELAY_EVERY_MS,
  });
  new Gauge({
    name: 'shared_lock_build_info',
    help: 'Always 1; the label is the version of the program.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
  const original = originalMetrics(registry, CALL_SECONDS);
  const service = serviceMetrics(registry, original);
  const inUse = (read: () => Readonly<Record<string, number>>): Gauge =>
    new Gauge({
      name: 'shared_lock_in_use',
      help: 'What is taken of the limits on what this daemon takes on at a time (SHARED_LOCK_LIMIT_*).',
      labelNames: ['of'] as const,
      registers: [registry],
      collect() {
        for (const [of, amount] of Object.entries(read())) this.set({ of }, amount);
      },
    });
  const cleanups = new Counter({
    name: 'shared_lock_cleanup_trouble_total',
    help: 'What was left behind and could not be taken away: dropped for want of room, or failed.',
    labelNames: ['trouble'] as const,
    registers: [registry],
  });
  return {
    ...wireMetrics(registry),
    ...storeMetrics(registry),
    originalLease: (...counted) => {
      original.originalLease(...counted);
    },
    showInUse: (read) => {
      inUse(read);
    },
    serviceTelemetry: ({ logger, audit }) => ({
      ...service,
      audit,
      cleanupTrouble: (trouble, error) => {
        cleanups.inc({ trouble });
        logger.warn('something is left behind until its lease ends', {
          trouble,
          ...(error instanceof Error ? { error: error.message } : {}),
        });
      },
    }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function wireMetrics(
  registry: Registry,
): Pick<Metrics, 'observeRpc' | 'refused' | 'accessRefused' | 'accessReload' | 'accessOpen'> {
  const labelNames = ['wire', 'service', 'method', 'code'] as const;
  const total = new Counter({
    name: 'shared_lock_rpc_total',
    help: 'Calls that were answered.',
    labelNames,
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'shared_lock_rpc_duration_seconds',
    help: 'From the arrival of a call to its answer. Waiting for a lock is part of it.',
    labelNames,
    buckets: [...CALL_SECONDS, 60, 600, 3600],
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'shared_lock_refused_total',
    help: 'Requests and connections that were refused because a limit was reached, or a share of one.',
    labelNames: ['wire', 'reason'] as const,
    registers: [registry],
  });
  const denials = new Counter({
    name: 'shared_lock_access_refused_total',
    help: 'Requests whose callers may not, or who are not who they say; in the mode audit they were done.',
    labelNames: ['mode', 'reason'] as const,
    registers: [registry],
  });
  const reloads = new Counter({
    name: 'shared_lock_access_reloads_total',
    help: 'Looks at the files of access that found them changed, or not to be used.',
    labelNames: ['status'] as const,
    registers: [registry],
  });
  const stale = new Gauge({
    name: 'shared_lock_access_stale',
    help: '1: the files of access can not be used, and what they held before counts.',
    registers: [registry],
  });
  const open = new Gauge({
    name: 'shared_lock_access_open',
    help: '1: it listens for other machines, and has no policy: whoever reaches it may do anything.',
    registers: [registry],
  });
  return {
    accessOpen: (isOpen) => {
      open.set(isOpen ? 1 : 0);
    },
    accessReload: (status) => {
      reloads.inc({ status });
      stale.set(status === 'success' ? 0 : 1);
    },
    accessRefused: (mode, reason) => {
      denials.inc({ mode, reason });
    },
    refused: (wire, reason) => {
      refusals.inc({ wire, reason });
    },
    observeRpc: ({ seconds: taken, wire, service, method, code }) => {
      total.inc({ wire, service, method, code });
      seconds.observe({ wire, service, method, code }, taken);
    },
  };
}

function storeMetrics(
  registry: Registry,
): Pick<Metrics, 'observeStore' | 'observeEtcd' | 'storeUp'> {
  const calls = (name: string, help: string): ObserveCall => {
    const seconds = new Histogram({
      name,
      help,
      labelNames: ['operation', 'status'] as const,
      buckets: CALL_SECONDS,
      registers: [registry],
    });
    return (operation, taken, ok) => {
      seconds.observe({ operation, status: ok ? 'success' : 'failure' }, taken);
    };
  };
  const up = new Gauge({
    name: 'shared_lock_store_up',
    help: 'Whether the storage can be reached: 1 or 0.',
    registers: [registry],
  });
  return {
    observeStore: calls(
      'shared_lock_store_operation_duration_seconds',
      'Calls to the storage engine.',
    ),
    observeEtcd: calls('shared_lock_etcd_call_duration_seconds', 'Calls to etcd.'),
    storeUp: (isUp) => {
      up.set(isUp ? 1 : 0);
    },
  };
}

/** What is counted by all ways; what the original counts of it has its names. */
function leaseMetrics(
  registry: Registry,
  original: OriginalMetrics,
): Pick<ServiceTelemetry, 'leaseOperation' | 'cacheOperation'> {
  const registers = [registry];
  const operations = new Counter({
    name: 'shared_lock_lease_requests_total',
    help: 'Leases made, alone or with a lock (create: CreateLease, POST /lease), and renewed (renew), by all ways. Acquire is in shared_lock_rpc_total.',
    labelNames: ['operation', 'status'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'shared_lock_lease_request_duration_seconds',
    help: 'How long it took to make a lease (create), alone or with a lock, or to renew one (renew).',
    labelNames: ['operation'] as const,
    buckets: CALL_SECONDS,
    registers,
  });
  const memory = new Counter({
    name: 'shared_lock_memory_operations_total',
    help: 'The memory of documents was asked (config_get: hit, miss, stale); it, or the cache of held locks, made room (config_evict, evict).',
    labelNames: ['operation', 'status'] as const,
    registers,
  });
  return {
    leaseOperation: (operation, status, seconds) => {
      operations.inc({ operation, status });
      duration.observe({ operation }, seconds);
    },
    cacheOperation: (operation, status) => {
      const isOriginals = operation === 'get' || operation === 'set';
      if (isOriginals && status !== 'stale') original.originalCache(operation, status);
      else memory.inc({ operation, status });
    },
  };
}

function serviceMetrics(
  registry: Registry,
  original: OriginalMetrics,
): Omit<ServiceTelemetry, 'audit' | 'cleanupTrouble'> {
  const registers = [registry];
  const wait = new Histogram({
    name: 'shared_lock_lock_wait_seconds',
    help: 'From asking for a lock to its grant.',
    buckets: WORK_SECONDS,
    registers,
  });
  const hold = new Histogram({
    name: 'shared_lock_lock_hold_seconds',
    help: 'From the grant of a lock to its release, forced release, or the revocation of its lease. Expired ones do not count.',
    buckets: WORK_SECONDS,
    registers,
  });
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
  const waiters = gauge('shared_lock_waiters', 'Callers that wait for a lock at this daemon.');
  const holds = gauge('shared_lock_holds', 'Locks that open streams hold at this daemon (Hold).');
  const leases = gauge('shared_lock_leases', 'Leases in the store.');
  const locks = gauge(
    'shared_lock_locks_held',
    'Holders of locks in the store: exclusive ones, shared ones, and those of permits.',
  );
  return {
    ...leaseMetrics(registry, original),
    lockWaited: (seconds) => {
      wait.observe(seconds);
    },
    lockHeld: (seconds) => {
      hold.observe(seconds);
    },
    waiters: (count) => {
      waiters.set(count);
    },
    holding: (change) => {
      holds.inc(change);
    },
    counted: (counts) => {
      leases.set(counts.leases);
      locks.set(counts.locks);
    },
  };
}
