// Original file: proto/sharedlock/v1/election.proto

import type { Long } from '@grpc/proto-loader';

export interface UnseatRequest {
  'name'?: (string);
  'reason'?: (string);
  'term'?: (number | string | Long);
  'requestId'?: (string);
}

export interface UnseatRequest__Output {
  'name': (string);
  'reason': (string);
  'term': (string);
  'requestId': (string);
}
