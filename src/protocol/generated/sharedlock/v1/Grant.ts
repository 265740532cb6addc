// Original file: proto/sharedlock/v1/types.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Long } from '@grpc/proto-loader';

export interface Grant {
  'leaseId'?: (number | string | Long);
  'fencingToken'?: (number | string | Long);
  'ttl'?: (_google_protobuf_Duration | null);
}

export interface Grant__Output {
  'leaseId': (string);
  'fencingToken': (string);
  'ttl': (_google_protobuf_Duration__Output | null);
}
