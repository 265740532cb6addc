// Original file: proto/sharedlock/v1/counter.proto

import type { Holder as _sharedlock_v1_Holder, Holder__Output as _sharedlock_v1_Holder__Output } from '../../sharedlock/v1/Holder.js';
import type { Long } from '@grpc/proto-loader';

export interface IncreaseExclusiveResponse {
  'acquired'?: (boolean);
  'value'?: (number | string | Long);
  'previous'?: (number | string | Long);
  'fencingToken'?: (number | string | Long);
  'holders'?: (_sharedlock_v1_Holder)[];
}

export interface IncreaseExclusiveResponse__Output {
  'acquired': (boolean);
  'value': (string);
  'previous': (string);
  'fencingToken': (string);
  'holders': (_sharedlock_v1_Holder__Output)[];
}
