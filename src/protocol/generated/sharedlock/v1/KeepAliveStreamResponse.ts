// Original file: proto/sharedlock/v1/lease.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Long } from '@grpc/proto-loader';

export interface KeepAliveStreamResponse {
  'leaseId'?: (number | string | Long);
  'ttl'?: (_google_protobuf_Duration | null);
  'code'?: (number);
  'message'?: (string);
  'reason'?: (string);
}

export interface KeepAliveStreamResponse__Output {
  'leaseId': (string);
  'ttl': (_google_protobuf_Duration__Output | null);
  'code': (number);
  'message': (string);
  'reason': (string);
}
