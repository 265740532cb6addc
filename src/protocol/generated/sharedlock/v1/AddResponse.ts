// Original file: proto/sharedlock/v1/counter.proto

import type { Long } from '@grpc/proto-loader';

export interface AddResponse {
  'value'?: (number | string | Long);
  'previous'?: (number | string | Long);
}

export interface AddResponse__Output {
  'value': (string);
  'previous': (string);
}
