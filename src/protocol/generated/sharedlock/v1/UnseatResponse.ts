// Original file: proto/sharedlock/v1/election.proto

import type { Leader as _sharedlock_v1_Leader, Leader__Output as _sharedlock_v1_Leader__Output } from '../../sharedlock/v1/Leader.js';

export interface UnseatResponse {
  'unseated'?: (boolean);
  'leader'?: (_sharedlock_v1_Leader | null);
}

export interface UnseatResponse__Output {
  'unseated': (boolean);
  'leader': (_sharedlock_v1_Leader__Output | null);
}
