// Original file: proto/sharedlock/v1/call.proto

import type { Call as _sharedlock_v1_Call, Call__Output as _sharedlock_v1_Call__Output } from '../../sharedlock/v1/Call.js';

export interface CallStreamRequest {
  'calls'?: (_sharedlock_v1_Call)[];
  'cancelled'?: (number)[];
}

export interface CallStreamRequest__Output {
  'calls': (_sharedlock_v1_Call__Output)[];
  'cancelled': (number)[];
}
