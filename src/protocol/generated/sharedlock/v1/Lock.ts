// Original file: proto/sharedlock/v1/lock.proto

import type { Holder as _sharedlock_v1_Holder, Holder__Output as _sharedlock_v1_Holder__Output } from '../../sharedlock/v1/Holder.js';
import type { Waiter as _sharedlock_v1_Waiter, Waiter__Output as _sharedlock_v1_Waiter__Output } from '../../sharedlock/v1/Waiter.js';
import type { Long } from '@grpc/proto-loader';

export interface Lock {
  'name'?: (string);
  'held'?: (boolean);
  'holders'?: (_sharedlock_v1_Holder)[];
  'waiters'?: (_sharedlock_v1_Waiter)[];
  'holderCount'?: (number);
  'waiterCount'?: (number);
  'revision'?: (number | string | Long);
}

export interface Lock__Output {
  'name': (string);
  'held': (boolean);
  'holders': (_sharedlock_v1_Holder__Output)[];
  'waiters': (_sharedlock_v1_Waiter__Output)[];
  'holderCount': (number);
  'waiterCount': (number);
  'revision': (string);
}
