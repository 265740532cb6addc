// Original file: proto/sharedlock/v1/election.proto

import type { Long } from '@grpc/proto-loader';

export interface AmLeaderRequest {
  'name'?: (string);
  'candidate'?: (string);
  'term'?: (number | string | Long);
}

export interface AmLeaderRequest__Output {
  'name': (string);
  'candidate': (string);
  'term': (string);
}
