import type { Clock } from '../../src/clock/clock.js';
import { QuietTurns } from '../../src/clock/quiet-turns.js';
import { Starts } from '../../src/clock/starts.js';
import { SystemClock } from '../../src/clock/system-clock.js';
import { DEFAULT_TTL_BOUNDS } from '../../src/core/limits.js';
import { loadDescriptors } from '../../src/protocol/descriptors.js';
import { Audit, type AuditSink } from '../../src/server/access/audit.js';
import type { Guard } from '../../src/server/access/guard.js';
import { guarded } from '../../src/server/access/guarded.js';
import { Admission } from '../../src/server/admission/admission.js';
import type { AdmissionLimits } from '../../src/server/admission/admission.js';
import type { UserRules } from '../../src/server/admission/user-of.js';
import { createGrpcServer } from '../../src/server/grpc/server.js';
import type { GrpcLimits } from '../../src/server/grpc/limits.js';
import type { GrpcServer } from '../../src/server/grpc/server.js';
import { mergeTables } from '../../src/server/handlers/call.js';
import type { HandlerTable } from '../../src/server/handlers/call.js';
import { configHandlers } from '../../src/server/handlers/config.js';
import { counterHandlers } from '../../src/server/handlers/counter.js';
import { electionHandlers } from '../../src/server/handlers/election.js';
import { leaseHandlers } from '../../src/server/handlers/lease.js';
import { lockHandlers } from '../../src/server/handlers/lock.js';
import { messageHandlers } from '../../src/server/handlers/message.js';
import { accessHandlers } from '../../src/server/handlers/access.js';
import type {
  AccessEntry,
  HandshakeFailure,
  RpcObservation,
  TlsMaterial,
  WireObserver,
  WireServer,
} from '../../src/server/handlers/wire.js';
import { configApiRoutes } from '../../src/server/http/legacy/config-api.js';
import { configCacheRoutes } from '../../src/server/http/legacy/config-cache.js';
import { counterAppRoutes } from '../../src/server/http/legacy/counter-app.js';
import { messageRoutes } from '../../src/server/http/legacy/messages.js';
import { originalRoutes } from '../../src/server/http/legacy/original.js';
import { createHttpServer } from '../../src/server/http/server.js';
import type { HttpLimits } from '../../src/server/http/limits.js';
import type { WebRules } from '../../src/server/http/web/web-guard.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import { startDaemon, type TestDaemon } from './services.js';

/** Remembers what the servers told. */
export class RecordedObserver implements WireObserver {
  readonly entries: AccessEntry[] = [];
  readonly rpcs: RpcObservation[] = [];
  readonly handshakes: HandshakeFailure[] = [];
  readonly defects: unknown[] = [];
  /** Words of those that the answer to no call told. */
  readonly refusals: string[] = [];
  readonly defect = (error: unknown): string => `ref${this.defects.push(error)}`;

  access(entry: AccessEntry): void {
    this.entries.push(entry);
  }

  handshake(failure: HandshakeFailure): void {
    this.handshakes.push(failure);
  }

  refused(wire: string, reason: string): void {
    this.refusals.push(`${wire} ${reason}`);
  }

  rpc(observation: RpcObservation): void {
    this.rpcs.push(observation);
  }
}

/** Where a running daemon listens. */
export interface Endpoints {
  readonly grpcPort: number;
  readonly httpPort: number;
}

export interface TestServers extends Endpoints {
  readonly daemon: TestDaemon;
  readonly store: MemoryStore;
  readonly grpc: GrpcServer;
  readonly http: WireServer;
  readonly observer: RecordedObserver;
  /** What was counted of the routes of the original. */
  readonly original: string[];
  readonly admission: Admission;
  stop(graceMs?: number): Promise<void>;
}

export interface TestServerOptions {
  readonly clock?: Clock;
  readonly tls?: TlsMaterial;
  readonly http?: Partial<HttpLimits>;
  readonly admission?: Partial<AdmissionLimits>;
  readonly users?: Partial<UserRules>;
  readonly web?: WebRules;
  readonly grpc?: Partial<GrpcLimits>;
  readonly guard?: Guard;
  readonly audit?: AuditSink;
  /** Handlers that take the place of the real ones. */
  readonly handlers?: HandlerTable;
  readonly readiness?: { ready: boolean; detail: string };
  /** Instead of free ones. */
  readonly ports?: Partial<Endpoints>;
  /** Instead of loopback. */
  readonly httpHost?: string;
  /** Instead of loopback. */
  readonly grpcHost?: string;
}

/** Its callers may ask for a year, others for a day. */
const ORIGINAL_TTL = { ...DEFAULT_TTL_BOUNDS, maxMs: 365 * DEFAULT_TTL_BOUNDS.maxMs };

export const DESCRIPTORS = loadDescriptors();

function sinkOf({ audit }: TestServerOptions): AuditSink {
  return audit ?? (() => undefined);
}

/** Both wires on the services and a memory store, on free ports of loopback. */
export async function startServers(options: TestServerOptions = {}): Promise<TestServers> {
  const clock = options.clock ?? new SystemClock();
  const store = new MemoryStore({ clock });
  const daemon = startDaemon(store, clock);
  const observer = new RecordedObserver();
  const admission = new Admission(
    new Starts(new QuietTurns()),
    options.admission,
    options.users,
    (...refusal) => observer.refused(...refusal),
  );
  const original: string[] = [];
  const real = mergeTables(
    configHandlers(daemon.configs),
    counterHandlers(daemon.counters),
    electionHandlers(daemon.elections),
    leaseHandlers(daemon.leases, admission),
    lockHandlers(daemon.locks),
    messageHandlers(daemon.messages),
    accessHandlers(options.guard),
  );
  const audit = new Audit(sinkOf(options), options.guard);
  const wire = {
    descriptors: DESCRIPTORS,
    handlers: guarded(new Map([...real, ...(options.handlers ?? [])]), options.guard, audit),
    audit,
    guard: options.guard,
    clock,
    observer,
    admission,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  };
  const grpc = createGrpcServer({ ...wire, limits: options.grpc ?? {} });
  const http = createHttpServer({
    ...wire,
    routes: [
      ...configApiRoutes(daemon.configs, observer.defect),
      ...configCacheRoutes(daemon.configs, observer.defect),
      ...counterAppRoutes(daemon.counters, { key: 'counter', ttlMs: 60_000 }, observer.defect),
      ...messageRoutes(daemon.messages, observer.defect),
      ...originalRoutes(
        {
          leases: daemon.leases,
          nowMs: () => clock.now(),
          ttl: ORIGINAL_TTL,
          metrics: { originalLease: (...counted) => original.push(counted.slice(0, 2).join(' ')) },
        },
        observer.defect,
      ),
    ],
    ready: () => options.readiness ?? { ready: true, detail: '' },
    metrics: { contentType: 'text/plain', text: () => Promise.resolve('a_metric 1\n') },
    version: '1.2.3',
    limits: options.http ?? {},
    ...(options.web === undefined ? {} : { web: options.web }),
  });
  const stop = async (graceMs = 0): Promise<void> => {
    await Promise.all([grpc.stop(graceMs), http.stop(graceMs)]);
    await daemon.stop();
    await store.close();
  };
  const host = '127.0.0.1';
  try {
    const grpcPort = await grpc.listen({
      host: options.grpcHost ?? host,
      port: options.ports?.grpcPort ?? 0,
    });
    const httpPort = await http.listen({
      host: options.httpHost ?? host,
      port: options.ports?.httpPort ?? 0,
    });
    return { daemon, store, grpc, http, observer, original, admission, grpcPort, httpPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
