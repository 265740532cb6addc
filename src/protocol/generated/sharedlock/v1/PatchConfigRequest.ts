// Original file: proto/sharedlock/v1/config.proto

import type { PatchType as _sharedlock_v1_PatchType, PatchType__Output as _sharedlock_v1_PatchType__Output } from '../../sharedlock/v1/PatchType.js';
import type { Fence as _sharedlock_v1_Fence, Fence__Output as _sharedlock_v1_Fence__Output } from '../../sharedlock/v1/Fence.js';

export interface PatchConfigRequest {
  'namespace'?: (string);
  'name'?: (string);
  'type'?: (_sharedlock_v1_PatchType);
  'patch'?: (string);
  'ifMatch'?: (string);
  'requestId'?: (string);
  'fence'?: (_sharedlock_v1_Fence | null);
}

export interface PatchConfigRequest__Output {
  'namespace': (string);
  'name': (string);
  'type': (_sharedlock_v1_PatchType__Output);
  'patch': (string);
  'ifMatch': (string);
  'requestId': (string);
  'fence': (_sharedlock_v1_Fence__Output | null);
}
