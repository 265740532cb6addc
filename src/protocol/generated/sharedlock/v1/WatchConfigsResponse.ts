// Original file: proto/sharedlock/v1/config.proto

import type { Config as _sharedlock_v1_Config, Config__Output as _sharedlock_v1_Config__Output } from '../../sharedlock/v1/Config.js';
import type { Long } from '@grpc/proto-loader';

// Original file: proto/sharedlock/v1/config.proto

export const _sharedlock_v1_WatchConfigsResponse_Kind = {
  PUT: 'PUT',
  DELETED: 'DELETED',
  RESYNC: 'RESYNC',
  SYNCED: 'SYNCED',
} as const;

export type _sharedlock_v1_WatchConfigsResponse_Kind =
  | 'PUT'
  | 0
  | 'DELETED'
  | 1
  | 'RESYNC'
  | 2
  | 'SYNCED'
  | 3

export type _sharedlock_v1_WatchConfigsResponse_Kind__Output = typeof _sharedlock_v1_WatchConfigsResponse_Kind[keyof typeof _sharedlock_v1_WatchConfigsResponse_Kind]

export interface WatchConfigsResponse {
  'kind'?: (_sharedlock_v1_WatchConfigsResponse_Kind);
  'revision'?: (number | string | Long);
  'config'?: (_sharedlock_v1_Config | null);
  'name'?: (string);
}

export interface WatchConfigsResponse__Output {
  'kind': (_sharedlock_v1_WatchConfigsResponse_Kind__Output);
  'revision': (string);
  'config': (_sharedlock_v1_Config__Output | null);
  'name': (string);
}
