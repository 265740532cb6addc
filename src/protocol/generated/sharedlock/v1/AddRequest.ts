// Original file: proto/sharedlock/v1/counter.proto

import type { Fence as _sharedlock_v1_Fence, Fence__Output as _sharedlock_v1_Fence__Output } from '../../sharedlock/v1/Fence.js';
import type { Long } from '@grpc/proto-loader';

export interface AddRequest {
  'name'?: (string);
  'delta'?: (number | string | Long);
  'min'?: (number | string | Long);
  'max'?: (number | string | Long);
  'requestId'?: (string);
  'fence'?: (_sharedlock_v1_Fence | null);
  '_min'?: "min";
  '_max'?: "max";
}

export interface AddRequest__Output {
  'name': (string);
  'delta': (string);
  'min'?: (string);
  'max'?: (string);
  'requestId': (string);
  'fence': (_sharedlock_v1_Fence__Output | null);
  '_min'?: "min";
  '_max'?: "max";
}
