// Original file: proto/sharedlock/v1/lock.proto

import type { Long } from '@grpc/proto-loader';

export interface Resume {
  'leaseId'?: (number | string | Long);
  'fencingToken'?: (number | string | Long);
}

export interface Resume__Output {
  'leaseId': (string);
  'fencingToken': (string);
}
