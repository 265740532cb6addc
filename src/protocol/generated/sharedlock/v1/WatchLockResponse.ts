// Original file: proto/sharedlock/v1/lock.proto

import type { Lock as _sharedlock_v1_Lock, Lock__Output as _sharedlock_v1_Lock__Output } from '../../sharedlock/v1/Lock.js';
import type { Holder as _sharedlock_v1_Holder, Holder__Output as _sharedlock_v1_Holder__Output } from '../../sharedlock/v1/Holder.js';
import type { Waiter as _sharedlock_v1_Waiter, Waiter__Output as _sharedlock_v1_Waiter__Output } from '../../sharedlock/v1/Waiter.js';
import type { HoldEnd as _sharedlock_v1_HoldEnd, HoldEnd__Output as _sharedlock_v1_HoldEnd__Output } from '../../sharedlock/v1/HoldEnd.js';
import type { Long } from '@grpc/proto-loader';

// Original file: proto/sharedlock/v1/lock.proto

export const _sharedlock_v1_WatchLockResponse_Kind = {
  STATE: 'STATE',
  ACQUIRED: 'ACQUIRED',
  RELEASED: 'RELEASED',
  QUEUED: 'QUEUED',
  DEQUEUED: 'DEQUEUED',
  RESYNC: 'RESYNC',
} as const;

export type _sharedlock_v1_WatchLockResponse_Kind =
  | 'STATE'
  | 0
  | 'ACQUIRED'
  | 1
  | 'RELEASED'
  | 2
  | 'QUEUED'
  | 3
  | 'DEQUEUED'
  | 4
  | 'RESYNC'
  | 5

export type _sharedlock_v1_WatchLockResponse_Kind__Output = typeof _sharedlock_v1_WatchLockResponse_Kind[keyof typeof _sharedlock_v1_WatchLockResponse_Kind]

export interface WatchLockResponse {
  'kind'?: (_sharedlock_v1_WatchLockResponse_Kind);
  'revision'?: (number | string | Long);
  'lock'?: (_sharedlock_v1_Lock | null);
  'holder'?: (_sharedlock_v1_Holder | null);
  'waiter'?: (_sharedlock_v1_Waiter | null);
  'end'?: (_sharedlock_v1_HoldEnd | null);
}

export interface WatchLockResponse__Output {
  'kind': (_sharedlock_v1_WatchLockResponse_Kind__Output);
  'revision': (string);
  'lock': (_sharedlock_v1_Lock__Output | null);
  'holder': (_sharedlock_v1_Holder__Output | null);
  'waiter': (_sharedlock_v1_Waiter__Output | null);
  'end': (_sharedlock_v1_HoldEnd__Output | null);
}
