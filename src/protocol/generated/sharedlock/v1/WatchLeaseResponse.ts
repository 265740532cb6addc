// Original file: proto/sharedlock/v1/lease.proto

import type { Jeopardy as _sharedlock_v1_Jeopardy, Jeopardy__Output as _sharedlock_v1_Jeopardy__Output } from '../../sharedlock/v1/Jeopardy.js';
import type { HoldEnd as _sharedlock_v1_HoldEnd, HoldEnd__Output as _sharedlock_v1_HoldEnd__Output } from '../../sharedlock/v1/HoldEnd.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';

export interface _sharedlock_v1_WatchLeaseResponse_Alive {
  'ttl'?: (_google_protobuf_Duration | null);
  'remaining'?: (_google_protobuf_Duration | null);
}

export interface _sharedlock_v1_WatchLeaseResponse_Alive__Output {
  'ttl': (_google_protobuf_Duration__Output | null);
  'remaining': (_google_protobuf_Duration__Output | null);
}

export interface WatchLeaseResponse {
  'alive'?: (_sharedlock_v1_WatchLeaseResponse_Alive | null);
  'jeopardy'?: (_sharedlock_v1_Jeopardy | null);
  'lost'?: (_sharedlock_v1_HoldEnd | null);
  'event'?: "alive"|"jeopardy"|"lost";
}

export interface WatchLeaseResponse__Output {
  'alive'?: (_sharedlock_v1_WatchLeaseResponse_Alive__Output | null);
  'jeopardy'?: (_sharedlock_v1_Jeopardy__Output | null);
  'lost'?: (_sharedlock_v1_HoldEnd__Output | null);
  'event'?: "alive"|"jeopardy"|"lost";
}
