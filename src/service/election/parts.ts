import type { ElectionKeys } from '../../core/keys.js';
import type { LeaseAccess } from '../lease/lease-access.js';
import type { InspectParts } from '../lock/inspect/inspect.js';
import type { LockService } from '../lock/lock-service.js';
import type { OperationLog } from '../operation-log.js';
import type { FeedParts } from '../watch-feed.js';

/** What the operations on elections stand on. */
export interface ElectionParts extends InspectParts, FeedParts {
  readonly keys: ElectionKeys;
  readonly leaseAccess: LeaseAccess;
  readonly operations: OperationLog;
  /** Locks by the keys of elections. */
  readonly locks: LockService;
}
