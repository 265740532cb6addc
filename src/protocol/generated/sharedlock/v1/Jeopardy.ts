// Original file: proto/sharedlock/v1/types.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';

export interface Jeopardy {
  'remaining'?: (_google_protobuf_Duration | null);
}

export interface Jeopardy__Output {
  'remaining': (_google_protobuf_Duration__Output | null);
}
