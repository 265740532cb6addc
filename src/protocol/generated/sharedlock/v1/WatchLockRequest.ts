// Original file: proto/sharedlock/v1/lock.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchLockRequest {
  'name'?: (string);
  'fromRevision'?: (number | string | Long);
}

export interface WatchLockRequest__Output {
  'name': (string);
  'fromRevision': (string);
}
