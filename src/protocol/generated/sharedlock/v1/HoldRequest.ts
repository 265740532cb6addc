// Original file: proto/sharedlock/v1/lock.proto

import type { LockMode as _sharedlock_v1_LockMode, LockMode__Output as _sharedlock_v1_LockMode__Output } from '../../sharedlock/v1/LockMode.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Resume as _sharedlock_v1_Resume, Resume__Output as _sharedlock_v1_Resume__Output } from '../../sharedlock/v1/Resume.js';

export interface HoldRequest {
  'name'?: (string);
  'mode'?: (_sharedlock_v1_LockMode);
  'permits'?: (number);
  'limit'?: (number);
  'ttl'?: (_google_protobuf_Duration | null);
  'wait'?: (_google_protobuf_Duration | null);
  'owner'?: (string);
  'value'?: (string);
  'labels'?: ({[key: string]: string});
  'resume'?: (_sharedlock_v1_Resume | null);
  'token'?: (string);
}

export interface HoldRequest__Output {
  'name': (string);
  'mode': (_sharedlock_v1_LockMode__Output);
  'permits': (number);
  'limit': (number);
  'ttl': (_google_protobuf_Duration__Output | null);
  'wait': (_google_protobuf_Duration__Output | null);
  'owner': (string);
  'value': (string);
  'labels': ({[key: string]: string});
  'resume': (_sharedlock_v1_Resume__Output | null);
  'token': (string);
}
