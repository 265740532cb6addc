// Original file: proto/sharedlock/v1/counter.proto

import type { Long } from '@grpc/proto-loader';

export interface DeleteCounterResponse {
  'deleted'?: (boolean);
  'previous'?: (number | string | Long);
}

export interface DeleteCounterResponse__Output {
  'deleted': (boolean);
  'previous': (string);
}
