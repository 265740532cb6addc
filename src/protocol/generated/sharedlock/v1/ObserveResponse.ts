// Original file: proto/sharedlock/v1/election.proto

import type { Election as _sharedlock_v1_Election, Election__Output as _sharedlock_v1_Election__Output } from '../../sharedlock/v1/Election.js';
import type { Leader as _sharedlock_v1_Leader, Leader__Output as _sharedlock_v1_Leader__Output } from '../../sharedlock/v1/Leader.js';
import type { Long } from '@grpc/proto-loader';

// Original file: proto/sharedlock/v1/election.proto

export const _sharedlock_v1_ObserveResponse_Kind = {
  STATE: 'STATE',
  ELECTED: 'ELECTED',
  PROCLAIMED: 'PROCLAIMED',
  VACATED: 'VACATED',
  RESYNC: 'RESYNC',
} as const;

export type _sharedlock_v1_ObserveResponse_Kind =
  | 'STATE'
  | 0
  | 'ELECTED'
  | 1
  | 'PROCLAIMED'
  | 2
  | 'VACATED'
  | 3
  | 'RESYNC'
  | 4

export type _sharedlock_v1_ObserveResponse_Kind__Output = typeof _sharedlock_v1_ObserveResponse_Kind[keyof typeof _sharedlock_v1_ObserveResponse_Kind]

export interface ObserveResponse {
  'kind'?: (_sharedlock_v1_ObserveResponse_Kind);
  'revision'?: (number | string | Long);
  'election'?: (_sharedlock_v1_Election | null);
  'leader'?: (_sharedlock_v1_Leader | null);
}

export interface ObserveResponse__Output {
  'kind': (_sharedlock_v1_ObserveResponse_Kind__Output);
  'revision': (string);
  'election': (_sharedlock_v1_Election__Output | null);
  'leader': (_sharedlock_v1_Leader__Output | null);
}
