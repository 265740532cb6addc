// Original file: proto/sharedlock/v1/lease.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchLeaseRequest {
  'leaseId'?: (number | string | Long);
}

export interface WatchLeaseRequest__Output {
  'leaseId': (string);
}
