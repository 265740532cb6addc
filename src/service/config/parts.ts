import type { Clock } from '../../clock/clock.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Limits } from '../../core/limits.js';
import type { Store } from '../../store/store.js';
import type { ServiceTelemetry } from '../../telemetry/service-telemetry.js';
import type { DaemonLeases } from '../daemon-leases.js';
import type { OperationLog } from '../operation-log.js';
import type { WatchPool } from '../watch-pool.js';

/** What the operations on documents stand on. */
export interface ConfigParts {
  readonly store: Store;
  readonly clock: Clock;
  /** For processes, which run in real time whatever `clock` says. */
  readonly realClock: Clock;
  readonly layout: KeyLayout;
  readonly limits: Limits;
  readonly operations: OperationLog;
  readonly daemonLeases: DaemonLeases;
  readonly watches: WatchPool;
  readonly telemetry: ServiceTelemetry;
}
