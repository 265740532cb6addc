// Original file: proto/sharedlock/v1/election.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Long } from '@grpc/proto-loader';

export interface Leader {
  'candidate'?: (string);
  'term'?: (number | string | Long);
  'value'?: (string);
  'labels'?: ({[key: string]: string});
  'electedAt'?: (_google_protobuf_Timestamp | null);
  'age'?: (_google_protobuf_Duration | null);
  'remainingTtl'?: (_google_protobuf_Duration | null);
}

export interface Leader__Output {
  'candidate': (string);
  'term': (string);
  'value': (string);
  'labels': ({[key: string]: string});
  'electedAt': (_google_protobuf_Timestamp__Output | null);
  'age': (_google_protobuf_Duration__Output | null);
  'remainingTtl': (_google_protobuf_Duration__Output | null);
}
