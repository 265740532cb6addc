// Original file: proto/sharedlock/v1/config.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchConfigsRequest {
  'namespace'?: (string);
  'name'?: (string);
  'prefix'?: (string);
  'fromRevision'?: (number | string | Long);
}

export interface WatchConfigsRequest__Output {
  'namespace': (string);
  'name': (string);
  'prefix': (string);
  'fromRevision': (string);
}
