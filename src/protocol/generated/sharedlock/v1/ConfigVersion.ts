// Original file: proto/sharedlock/v1/config.proto

import type { Long } from '@grpc/proto-loader';

export interface ConfigVersion {
  'version'?: (number);
  'revision'?: (number | string | Long);
}

export interface ConfigVersion__Output {
  'version': (number);
  'revision': (string);
}
