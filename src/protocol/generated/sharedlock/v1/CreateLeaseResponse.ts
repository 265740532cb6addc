// Original file: proto/sharedlock/v1/lease.proto

import type { Grant as _sharedlock_v1_Grant, Grant__Output as _sharedlock_v1_Grant__Output } from '../../sharedlock/v1/Grant.js';
import type { Holder as _sharedlock_v1_Holder, Holder__Output as _sharedlock_v1_Holder__Output } from '../../sharedlock/v1/Holder.js';

export interface CreateLeaseResponse {
  'acquired'?: (boolean);
  'grant'?: (_sharedlock_v1_Grant | null);
  'holders'?: (_sharedlock_v1_Holder)[];
}

export interface CreateLeaseResponse__Output {
  'acquired': (boolean);
  'grant': (_sharedlock_v1_Grant__Output | null);
  'holders': (_sharedlock_v1_Holder__Output)[];
}
