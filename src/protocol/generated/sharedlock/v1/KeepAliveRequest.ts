// Original file: proto/sharedlock/v1/lease.proto

import type { Long } from '@grpc/proto-loader';

export interface KeepAliveRequest {
  'leaseId'?: (number | string | Long);
}

export interface KeepAliveRequest__Output {
  'leaseId': (string);
}
