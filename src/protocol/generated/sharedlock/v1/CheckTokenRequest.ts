// Original file: proto/sharedlock/v1/lock.proto

import type { Long } from '@grpc/proto-loader';

export interface CheckTokenRequest {
  'name'?: (string);
  'fencingToken'?: (number | string | Long);
}

export interface CheckTokenRequest__Output {
  'name': (string);
  'fencingToken': (string);
}
