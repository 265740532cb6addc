// Original file: proto/sharedlock/v1/lease.proto

import type { LockMode as _sharedlock_v1_LockMode, LockMode__Output as _sharedlock_v1_LockMode__Output } from '../../sharedlock/v1/LockMode.js';

export interface HeldLock {
  'name'?: (string);
  'mode'?: (_sharedlock_v1_LockMode);
}

export interface HeldLock__Output {
  'name': (string);
  'mode': (_sharedlock_v1_LockMode__Output);
}
