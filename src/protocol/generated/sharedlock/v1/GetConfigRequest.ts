// Original file: proto/sharedlock/v1/config.proto

import type { Consistency as _sharedlock_v1_Consistency, Consistency__Output as _sharedlock_v1_Consistency__Output } from '../../sharedlock/v1/Consistency.js';

export interface GetConfigRequest {
  'namespace'?: (string);
  'name'?: (string);
  'version'?: (number);
  'consistency'?: (_sharedlock_v1_Consistency);
  '_version'?: "version";
}

export interface GetConfigRequest__Output {
  'namespace': (string);
  'name': (string);
  'version'?: (number);
  'consistency': (_sharedlock_v1_Consistency__Output);
  '_version'?: "version";
}
