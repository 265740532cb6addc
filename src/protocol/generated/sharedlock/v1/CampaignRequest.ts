// Original file: proto/sharedlock/v1/election.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Long } from '@grpc/proto-loader';

export interface CampaignRequest {
  'name'?: (string);
  'candidate'?: (string);
  'value'?: (string);
  'leaseId'?: (number | string | Long);
  'ttl'?: (_google_protobuf_Duration | null);
  'wait'?: (_google_protobuf_Duration | null);
  'labels'?: ({[key: string]: string});
  'requestId'?: (string);
}

export interface CampaignRequest__Output {
  'name': (string);
  'candidate': (string);
  'value': (string);
  'leaseId': (string);
  'ttl': (_google_protobuf_Duration__Output | null);
  'wait': (_google_protobuf_Duration__Output | null);
  'labels': ({[key: string]: string});
  'requestId': (string);
}
