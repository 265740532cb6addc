import type { Clock } from '../../clock/clock.js';
import type { Turns } from '../../clock/turns.js';
import type { KeyLayout, LockKeys } from '../../core/keys.js';
import type { LockKind } from '../../core/lock.js';
import type { Limits, TtlBounds } from '../../core/limits.js';
import type { Store } from '../../store/store.js';
import type { ServiceTelemetry } from '../../telemetry/service-telemetry.js';
import type { DaemonLeases } from '../daemon-leases.js';
import type { Janitor } from '../janitor.js';
import type { LeaseCensus } from '../lease/census.js';
import type { KnownSessions } from '../lease/known-sessions.js';
import type { LeaseAccess } from '../lease/lease-access.js';
import type { OperationLog } from '../operation-log.js';
import type { WatchPool } from '../watch-pool.js';
import type { QueuePositions } from './queue-positions.js';
import type { HeldCache } from './held-cache.js';
import type { HoldEnds } from './hold-ends.js';
import type { HolderLeases } from './holder-leases.js';
import type { KeptPlaces } from './kept-places.js';
import type { KnownHolds } from './known-holds.js';
import type { LockChanges } from './lock-changes.js';
import type { NewHolders } from './new-holders.js';
import type { Places } from './places.js';
import type { Predecessors } from './predecessors.js';
import type { TakenLately } from './taken-lately.js';
import type { Serial } from '../serial.js';
import type { WaiterPool } from './waiter-pool.js';

/** What the operations on locks stand on. */
export interface LockParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly layout: KeyLayout;
  readonly kind: LockKind;
  /** The keys of this kind of lock. */
  readonly keys: LockKeys;
  readonly limits: Limits;
  readonly ttl: TtlBounds;
  readonly daemonLeases: DaemonLeases;
  readonly operations: OperationLog;
  readonly janitor: Janitor;
  readonly census: LeaseCensus;
  readonly waiters: WaiterPool;
  readonly places: Places;
  readonly keptPlaces: KeptPlaces;
  readonly semaphores: Serial;
  readonly watches: WatchPool;
  readonly changes: LockChanges;
  readonly holdEnds: HoldEnds;
  readonly newHolders: NewHolders;
  readonly positions: QueuePositions;
  readonly holderLeases: HolderLeases;
  readonly predecessors: Predecessors;
  readonly takenLately: TakenLately;
  readonly knownHolds: KnownHolds;
  readonly sessions: KnownSessions;
  readonly leaseAccess: LeaseAccess;
  /** Undefined unless it is switched on. */
  readonly heldCache: HeldCache | undefined;
  readonly telemetry: ServiceTelemetry;
}
