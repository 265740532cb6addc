// Original file: proto/sharedlock/v1/lease.proto

import type { Long } from '@grpc/proto-loader';

export interface GetLeaseRequest {
  'leaseId'?: (number | string | Long);
}

export interface GetLeaseRequest__Output {
  'leaseId': (string);
}
