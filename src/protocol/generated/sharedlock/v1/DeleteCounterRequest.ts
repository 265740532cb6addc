// Original file: proto/sharedlock/v1/counter.proto

import type { Fence as _sharedlock_v1_Fence, Fence__Output as _sharedlock_v1_Fence__Output } from '../../sharedlock/v1/Fence.js';
import type { Long } from '@grpc/proto-loader';

export interface DeleteCounterRequest {
  'name'?: (string);
  'expected'?: (number | string | Long);
  'requestId'?: (string);
  'fence'?: (_sharedlock_v1_Fence | null);
  '_expected'?: "expected";
}

export interface DeleteCounterRequest__Output {
  'name': (string);
  'expected'?: (string);
  'requestId': (string);
  'fence': (_sharedlock_v1_Fence__Output | null);
  '_expected'?: "expected";
}
