// Original file: proto/sharedlock/v1/types.proto

import type { LockMode as _sharedlock_v1_LockMode, LockMode__Output as _sharedlock_v1_LockMode__Output } from '../../sharedlock/v1/LockMode.js';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Long } from '@grpc/proto-loader';

export interface Holder {
  'owner'?: (string);
  'mode'?: (_sharedlock_v1_LockMode);
  'fencingToken'?: (number | string | Long);
  'value'?: (string);
  'labels'?: ({[key: string]: string});
  'permits'?: (number);
  'acquiredAt'?: (_google_protobuf_Timestamp | null);
  'age'?: (_google_protobuf_Duration | null);
  'remainingTtl'?: (_google_protobuf_Duration | null);
  'valueOmitted'?: (boolean);
}

export interface Holder__Output {
  'owner': (string);
  'mode': (_sharedlock_v1_LockMode__Output);
  'fencingToken': (string);
  'value': (string);
  'labels': ({[key: string]: string});
  'permits': (number);
  'acquiredAt': (_google_protobuf_Timestamp__Output | null);
  'age': (_google_protobuf_Duration__Output | null);
  'remainingTtl': (_google_protobuf_Duration__Output | null);
  'valueOmitted': (boolean);
}
