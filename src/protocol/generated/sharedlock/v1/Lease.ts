// Original file: proto/sharedlock/v1/lease.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';
import type { HeldLock as _sharedlock_v1_HeldLock, HeldLock__Output as _sharedlock_v1_HeldLock__Output } from '../../sharedlock/v1/HeldLock.js';

export interface Lease {
  'key'?: (string);
  'owner'?: (string);
  'labels'?: ({[key: string]: string});
  'ttl'?: (_google_protobuf_Duration | null);
  'remainingTtl'?: (_google_protobuf_Duration | null);
  'createdAt'?: (_google_protobuf_Timestamp | null);
  'holds'?: (_sharedlock_v1_HeldLock)[];
  'election'?: (string);
  'leads'?: (string)[];
  'holdCount'?: (number);
  'leadCount'?: (number);
}

export interface Lease__Output {
  'key': (string);
  'owner': (string);
  'labels': ({[key: string]: string});
  'ttl': (_google_protobuf_Duration__Output | null);
  'remainingTtl': (_google_protobuf_Duration__Output | null);
  'createdAt': (_google_protobuf_Timestamp__Output | null);
  'holds': (_sharedlock_v1_HeldLock__Output)[];
  'election': (string);
  'leads': (string)[];
  'holdCount': (number);
  'leadCount': (number);
}
