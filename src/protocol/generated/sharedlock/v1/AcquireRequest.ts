// Original file: proto/sharedlock/v1/lock.proto

import type { LockMode as _sharedlock_v1_LockMode, LockMode__Output as _sharedlock_v1_LockMode__Output } from '../../sharedlock/v1/LockMode.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Long } from '@grpc/proto-loader';

export interface AcquireRequest {
  'name'?: (string);
  'mode'?: (_sharedlock_v1_LockMode);
  'permits'?: (number);
  'limit'?: (number);
  'leaseId'?: (number | string | Long);
  'ttl'?: (_google_protobuf_Duration | null);
  'wait'?: (_google_protobuf_Duration | null);
  'owner'?: (string);
  'value'?: (string);
  'labels'?: ({[key: string]: string});
  'requestId'?: (string);
}

export interface AcquireRequest__Output {
  'name': (string);
  'mode': (_sharedlock_v1_LockMode__Output);
  'permits': (number);
  'limit': (number);
  'leaseId': (string);
  'ttl': (_google_protobuf_Duration__Output | null);
  'wait': (_google_protobuf_Duration__Output | null);
  'owner': (string);
  'value': (string);
  'labels': ({[key: string]: string});
  'requestId': (string);
}
