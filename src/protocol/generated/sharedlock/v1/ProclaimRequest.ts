// Original file: proto/sharedlock/v1/election.proto

import type { Long } from '@grpc/proto-loader';

export interface ProclaimRequest {
  'name'?: (string);
  'leaseId'?: (number | string | Long);
  'value'?: (string);
  'term'?: (number | string | Long);
  'requestId'?: (string);
}

export interface ProclaimRequest__Output {
  'name': (string);
  'leaseId': (string);
  'value': (string);
  'term': (string);
  'requestId': (string);
}
