// Original file: proto/sharedlock/v1/election.proto

import type { Long } from '@grpc/proto-loader';

export interface ProclaimResponse {
  'revision'?: (number | string | Long);
}

export interface ProclaimResponse__Output {
  'revision': (string);
}
