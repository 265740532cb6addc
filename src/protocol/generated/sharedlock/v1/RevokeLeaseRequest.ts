// Original file: proto/sharedlock/v1/lease.proto

import type { Long } from '@grpc/proto-loader';

export interface RevokeLeaseRequest {
  'leaseId'?: (number | string | Long);
}

export interface RevokeLeaseRequest__Output {
  'leaseId': (string);
}
