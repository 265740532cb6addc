// Original file: proto/sharedlock/v1/election.proto

import type { Long } from '@grpc/proto-loader';

export interface ObserveRequest {
  'name'?: (string);
  'fromRevision'?: (number | string | Long);
}

export interface ObserveRequest__Output {
  'name': (string);
  'fromRevision': (string);
}
