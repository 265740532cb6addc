// Original file: proto/sharedlock/v1/config.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';
import type { Long } from '@grpc/proto-loader';

export interface Config {
  'namespace'?: (string);
  'name'?: (string);
  'version'?: (number);
  'firstVersion'?: (number);
  'enabled'?: (boolean);
  'id'?: (number);
  'createdAt'?: (_google_protobuf_Timestamp | null);
  'updatedAt'?: (_google_protobuf_Timestamp | null);
  'revision'?: (number | string | Long);
  'etag'?: (string);
  'documentVersion'?: (number);
  'document'?: (string);
  'schema'?: (string);
  'cached'?: (boolean);
  'age'?: (_google_protobuf_Duration | null);
}

export interface Config__Output {
  'namespace': (string);
  'name': (string);
  'version': (number);
  'firstVersion': (number);
  'enabled': (boolean);
  'id': (number);
  'createdAt': (_google_protobuf_Timestamp__Output | null);
  'updatedAt': (_google_protobuf_Timestamp__Output | null);
  'revision': (string);
  'etag': (string);
  'documentVersion': (number);
  'document': (string);
  'schema': (string);
  'cached': (boolean);
  'age': (_google_protobuf_Duration__Output | null);
}
