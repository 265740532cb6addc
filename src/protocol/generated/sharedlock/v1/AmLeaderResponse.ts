// Original file: proto/sharedlock/v1/election.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Long } from '@grpc/proto-loader';

export interface AmLeaderResponse {
  'leader'?: (boolean);
  'term'?: (number | string | Long);
  'remainingTtl'?: (_google_protobuf_Duration | null);
}

export interface AmLeaderResponse__Output {
  'leader': (boolean);
  'term': (string);
  'remainingTtl': (_google_protobuf_Duration__Output | null);
}
