// Original file: proto/sharedlock/v1/lock.proto

import type { Lock as _sharedlock_v1_Lock, Lock__Output as _sharedlock_v1_Lock__Output } from '../../sharedlock/v1/Lock.js';

export interface ListLocksResponse {
  'locks'?: (_sharedlock_v1_Lock)[];
  'nextPageToken'?: (string);
}

export interface ListLocksResponse__Output {
  'locks': (_sharedlock_v1_Lock__Output)[];
  'nextPageToken': (string);
}
