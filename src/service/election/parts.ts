import type { ElectionKeys } from '../../core/keys.js';
import type { LockParts } from '../lock/parts.js';
import type { LockService } from '../lock/lock-service.js';

/** What the operations on elections stand on. */
export interface ElectionParts extends LockParts {
  readonly keys: ElectionKeys;
  /** Locks by the keys of elections. */
  readonly locks: LockService;
}
