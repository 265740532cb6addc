// Original file: proto/sharedlock/v1/election.proto

import type { Long } from '@grpc/proto-loader';

export interface ResignRequest {
  'name'?: (string);
  'leaseId'?: (number | string | Long);
  'term'?: (number | string | Long);
  'requestId'?: (string);
  'grantRequestId'?: (string);
}

export interface ResignRequest__Output {
  'name': (string);
  'leaseId': (string);
  'term': (string);
  'requestId': (string);
  'grantRequestId': (string);
}
