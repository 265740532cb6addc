// Original file: proto/sharedlock/v1/lock.proto

import type { Long } from '@grpc/proto-loader';

export interface CheckTokenResponse {
  'current'?: (boolean);
  'currentToken'?: (number | string | Long);
}

export interface CheckTokenResponse__Output {
  'current': (boolean);
  'currentToken': (string);
}
