// Original file: proto/sharedlock/v1/types.proto

import type { LockMode as _sharedlock_v1_LockMode, LockMode__Output as _sharedlock_v1_LockMode__Output } from '../../sharedlock/v1/LockMode.js';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';

export interface Waiter {
  'position'?: (number);
  'owner'?: (string);
  'mode'?: (_sharedlock_v1_LockMode);
  'permits'?: (number);
  'labels'?: ({[key: string]: string});
  'since'?: (_google_protobuf_Timestamp | null);
}

export interface Waiter__Output {
  'position': (number);
  'owner': (string);
  'mode': (_sharedlock_v1_LockMode__Output);
  'permits': (number);
  'labels': ({[key: string]: string});
  'since': (_google_protobuf_Timestamp__Output | null);
}
