// Original file: proto/sharedlock/v1/types.proto

import type { Long } from '@grpc/proto-loader';

export interface Fence {
  'lock'?: (string);
  'token'?: (number | string | Long);
  'election'?: (string);
}

export interface Fence__Output {
  'lock': (string);
  'token': (string);
  'election': (string);
}
