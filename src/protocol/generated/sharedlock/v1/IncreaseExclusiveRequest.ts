// Original file: proto/sharedlock/v1/counter.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';

export interface IncreaseExclusiveRequest {
  'name'?: (string);
  'hold'?: (_google_protobuf_Duration | null);
  'lock'?: (string);
  'ttl'?: (_google_protobuf_Duration | null);
  'owner'?: (string);
  'requestId'?: (string);
}

export interface IncreaseExclusiveRequest__Output {
  'name': (string);
  'hold': (_google_protobuf_Duration__Output | null);
  'lock': (string);
  'ttl': (_google_protobuf_Duration__Output | null);
  'owner': (string);
  'requestId': (string);
}
