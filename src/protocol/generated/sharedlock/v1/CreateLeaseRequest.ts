// Original file: proto/sharedlock/v1/lease.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';

export interface CreateLeaseRequest {
  'key'?: (string);
  'value'?: (string);
  'labels'?: ({[key: string]: string});
  'owner'?: (string);
  'ttl'?: (_google_protobuf_Duration | null);
  'requestId'?: (string);
}

export interface CreateLeaseRequest__Output {
  'key': (string);
  'value': (string);
  'labels': ({[key: string]: string});
  'owner': (string);
  'ttl': (_google_protobuf_Duration__Output | null);
  'requestId': (string);
}
