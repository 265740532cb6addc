// Original file: proto/sharedlock/v1/lock.proto

import type { Holder as _sharedlock_v1_Holder, Holder__Output as _sharedlock_v1_Holder__Output } from '../../sharedlock/v1/Holder.js';

export interface ForceReleaseResponse {
  'released'?: (boolean);
  'holders'?: (_sharedlock_v1_Holder)[];
}

export interface ForceReleaseResponse__Output {
  'released': (boolean);
  'holders': (_sharedlock_v1_Holder__Output)[];
}
