// Original file: proto/sharedlock/v1/config.proto

import type { Fence as _sharedlock_v1_Fence, Fence__Output as _sharedlock_v1_Fence__Output } from '../../sharedlock/v1/Fence.js';

export interface SetConfigEnabledRequest {
  'namespace'?: (string);
  'name'?: (string);
  'enabled'?: (boolean);
  'ifMatch'?: (string);
  'requestId'?: (string);
  'fence'?: (_sharedlock_v1_Fence | null);
}

export interface SetConfigEnabledRequest__Output {
  'namespace': (string);
  'name': (string);
  'enabled': (boolean);
  'ifMatch': (string);
  'requestId': (string);
  'fence': (_sharedlock_v1_Fence__Output | null);
}
