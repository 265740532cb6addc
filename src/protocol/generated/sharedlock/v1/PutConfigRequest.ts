// Original file: proto/sharedlock/v1/config.proto

import type { Fence as _sharedlock_v1_Fence, Fence__Output as _sharedlock_v1_Fence__Output } from '../../sharedlock/v1/Fence.js';

export interface PutConfigRequest {
  'namespace'?: (string);
  'name'?: (string);
  'document'?: (string);
  'schema'?: (string);
  'ifMatch'?: (string);
  'ifNoneMatch'?: (string);
  'requestId'?: (string);
  'fence'?: (_sharedlock_v1_Fence | null);
  '_schema'?: "schema";
}

export interface PutConfigRequest__Output {
  'namespace': (string);
  'name': (string);
  'document': (string);
  'schema'?: (string);
  'ifMatch': (string);
  'ifNoneMatch': (string);
  'requestId': (string);
  'fence': (_sharedlock_v1_Fence__Output | null);
  '_schema'?: "schema";
}
