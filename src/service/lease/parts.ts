import type { Clock } from '../../clock/clock.js';
import type { Turns } from '../../clock/turns.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Limits, TtlBounds } from '../../core/limits.js';
import type { Store } from '../../store/store.js';
import type { ServiceTelemetry } from '../../telemetry/service-telemetry.js';
import type { Janitor } from '../janitor.js';
import type { KeptPlaces } from '../lock/queue/kept-places.js';
import type { LockService } from '../lock/lock-service.js';
import type { OperationLog } from '../operation-log.js';
import type { WatchPool } from '../watch-pool.js';
import type { LeaseCensus } from './census.js';
import type { KnownSessions } from './known-sessions.js';
import type { LeaseAccess } from './lease-access.js';

/** What the operations on leases stand on. */
export interface LeaseParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly layout: KeyLayout;
  readonly limits: Limits;
  readonly ttl: TtlBounds;
  readonly operations: OperationLog;
  readonly janitor: Janitor;
  readonly census: LeaseCensus;
  readonly sessions: KnownSessions;
  readonly leaseAccess: LeaseAccess;
  readonly telemetry: ServiceTelemetry;
  readonly watches: WatchPool;
  /** A lease with a key is an exclusive lock. */
  readonly locks: LockService;
  /** A lease that has ended waits for nothing. */
  readonly keptPlaces: KeptPlaces;
}
