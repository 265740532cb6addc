// Original file: proto/sharedlock/v1/lease.proto

import type { Long } from '@grpc/proto-loader';

export interface KeepAliveStreamRequest {
  'leaseId'?: (number | string | Long);
  'token'?: (string);
}

export interface KeepAliveStreamRequest__Output {
  'leaseId': (string);
  'token': (string);
}
