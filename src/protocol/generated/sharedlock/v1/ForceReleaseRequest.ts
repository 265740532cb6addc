// Original file: proto/sharedlock/v1/lock.proto

import type { Long } from '@grpc/proto-loader';

export interface ForceReleaseRequest {
  'name'?: (string);
  'reason'?: (string);
  'fencingToken'?: (number | string | Long);
  'requestId'?: (string);
}

export interface ForceReleaseRequest__Output {
  'name': (string);
  'reason': (string);
  'fencingToken': (string);
  'requestId': (string);
}
