// Original file: proto/sharedlock/v1/counter.proto

import type { Long } from '@grpc/proto-loader';

export interface SetCounterResponse {
  'value'?: (number | string | Long);
  'previous'?: (number | string | Long);
}

export interface SetCounterResponse__Output {
  'value': (string);
  'previous': (string);
}
