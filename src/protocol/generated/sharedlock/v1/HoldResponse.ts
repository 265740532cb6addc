// Original file: proto/sharedlock/v1/lock.proto

import type { Jeopardy as _sharedlock_v1_Jeopardy, Jeopardy__Output as _sharedlock_v1_Jeopardy__Output } from '../../sharedlock/v1/Jeopardy.js';
import type { HoldEnd as _sharedlock_v1_HoldEnd, HoldEnd__Output as _sharedlock_v1_HoldEnd__Output } from '../../sharedlock/v1/HoldEnd.js';
import type { Grant as _sharedlock_v1_Grant, Grant__Output as _sharedlock_v1_Grant__Output } from '../../sharedlock/v1/Grant.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Holder as _sharedlock_v1_Holder, Holder__Output as _sharedlock_v1_Holder__Output } from '../../sharedlock/v1/Holder.js';

export interface _sharedlock_v1_HoldResponse_Acquired {
  'grant'?: (_sharedlock_v1_Grant | null);
  'quiet'?: (_google_protobuf_Duration | null);
}

export interface _sharedlock_v1_HoldResponse_Acquired__Output {
  'grant': (_sharedlock_v1_Grant__Output | null);
  'quiet': (_google_protobuf_Duration__Output | null);
}

export interface _sharedlock_v1_HoldResponse_Alive {
}

export interface _sharedlock_v1_HoldResponse_Alive__Output {
}

export interface _sharedlock_v1_HoldResponse_NotAcquired {
  'holders'?: (_sharedlock_v1_Holder)[];
}

export interface _sharedlock_v1_HoldResponse_NotAcquired__Output {
  'holders': (_sharedlock_v1_Holder__Output)[];
}

export interface _sharedlock_v1_HoldResponse_Queued {
  'position'?: (number);
}

export interface _sharedlock_v1_HoldResponse_Queued__Output {
  'position': (number);
}

export interface _sharedlock_v1_HoldResponse_Released {
}

export interface _sharedlock_v1_HoldResponse_Released__Output {
}

export interface _sharedlock_v1_HoldResponse_Safe {
}

export interface _sharedlock_v1_HoldResponse_Safe__Output {
}

export interface HoldResponse {
  'queued'?: (_sharedlock_v1_HoldResponse_Queued | null);
  'acquired'?: (_sharedlock_v1_HoldResponse_Acquired | null);
  'notAcquired'?: (_sharedlock_v1_HoldResponse_NotAcquired | null);
  'alive'?: (_sharedlock_v1_HoldResponse_Alive | null);
  'jeopardy'?: (_sharedlock_v1_Jeopardy | null);
  'safe'?: (_sharedlock_v1_HoldResponse_Safe | null);
  'lost'?: (_sharedlock_v1_HoldEnd | null);
  'released'?: (_sharedlock_v1_HoldResponse_Released | null);
  'event'?: "queued"|"acquired"|"notAcquired"|"alive"|"jeopardy"|"safe"|"lost"|"released";
}

export interface HoldResponse__Output {
  'queued'?: (_sharedlock_v1_HoldResponse_Queued__Output | null);
  'acquired'?: (_sharedlock_v1_HoldResponse_Acquired__Output | null);
  'notAcquired'?: (_sharedlock_v1_HoldResponse_NotAcquired__Output | null);
  'alive'?: (_sharedlock_v1_HoldResponse_Alive__Output | null);
  'jeopardy'?: (_sharedlock_v1_Jeopardy__Output | null);
  'safe'?: (_sharedlock_v1_HoldResponse_Safe__Output | null);
  'lost'?: (_sharedlock_v1_HoldEnd__Output | null);
  'released'?: (_sharedlock_v1_HoldResponse_Released__Output | null);
  'event'?: "queued"|"acquired"|"notAcquired"|"alive"|"jeopardy"|"safe"|"lost"|"released";
}
