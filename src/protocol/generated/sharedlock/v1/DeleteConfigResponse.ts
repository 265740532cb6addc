// Original file: proto/sharedlock/v1/config.proto

import type { Long } from '@grpc/proto-loader';

export interface DeleteConfigResponse {
  'revision'?: (number | string | Long);
}

export interface DeleteConfigResponse__Output {
  'revision': (string);
}
