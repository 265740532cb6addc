import type { Clock } from '../../clock/clock.js';
import type { Turns } from '../../clock/turns.js';
import type { KeyLayout } from '../../core/keys.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { Limits, TtlBounds } from '../../core/limits.js';
import type { AcquireOutcome, AcquireRequest } from '../../core/lock.js';
import type { Store } from '../../store/store.js';
import type { ServiceTelemetry } from '../../telemetry/service-telemetry.js';
import type { Caller } from '../caller.js';
import type { Janitor } from '../janitor.js';
import type { OperationLog } from '../operation-log.js';
import type { WatchPool } from '../watch-pool.js';
import type { LeaseCensus } from './census.js';
import type { KnownSessions } from './known-sessions.js';
import type { LeaseAccess } from './lease-access.js';

/** Of the locks: what takes one with a lease of its own. See `LockService.acquire`. */
export interface LockTaker {
  acquire(
    request: AcquireRequest,
    caller: Caller,
    kind: 'acquireWithLease',
    ttl: TtlBounds,
  ): Promise<AcquireOutcome>;
}

/** Of the locks: what ends the waits that go on without a connection. */
export interface WaitEnder {
  /** None of the lease's requests comes again. */
  leaveAll(lease: LeaseId): void;
}

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
  readonly locks: LockTaker;
  /** A lease that has ended waits for nothing. */
  readonly keptPlaces: WaitEnder;
}
