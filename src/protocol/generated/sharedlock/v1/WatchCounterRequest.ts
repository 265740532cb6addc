// Original file: proto/sharedlock/v1/counter.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchCounterRequest {
  'name'?: (string);
  'fromRevision'?: (number | string | Long);
}

export interface WatchCounterRequest__Output {
  'name': (string);
  'fromRevision': (string);
}
