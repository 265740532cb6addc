// Original file: proto/sharedlock/v1/counter.proto

import type { Long } from '@grpc/proto-loader';

export interface Counter {
  'name'?: (string);
  'value'?: (number | string | Long);
  'revision'?: (number | string | Long);
  'resync'?: (boolean);
  '_resync'?: "resync";
}

export interface Counter__Output {
  'name': (string);
  'value': (string);
  'revision': (string);
  'resync'?: (boolean);
  '_resync'?: "resync";
}
