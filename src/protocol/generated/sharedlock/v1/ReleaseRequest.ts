// Original file: proto/sharedlock/v1/lock.proto

import type { Long } from '@grpc/proto-loader';

export interface ReleaseRequest {
  'name'?: (string);
  'leaseId'?: (number | string | Long);
  'fencingToken'?: (number | string | Long);
  'requestId'?: (string);
  'grantRequestId'?: (string);
}

export interface ReleaseRequest__Output {
  'name': (string);
  'leaseId': (string);
  'fencingToken': (string);
  'requestId': (string);
  'grantRequestId': (string);
}
