// Original file: proto/sharedlock/v1/election.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';

export interface Candidate {
  'position'?: (number);
  'candidate'?: (string);
  'labels'?: ({[key: string]: string});
  'since'?: (_google_protobuf_Timestamp | null);
}

export interface Candidate__Output {
  'position': (number);
  'candidate': (string);
  'labels': ({[key: string]: string});
  'since': (_google_protobuf_Timestamp__Output | null);
}
