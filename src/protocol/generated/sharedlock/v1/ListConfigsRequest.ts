// Original file: proto/sharedlock/v1/config.proto


export interface ListConfigsRequest {
  'namespace'?: (string);
  'prefix'?: (string);
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListConfigsRequest__Output {
  'namespace': (string);
  'prefix': (string);
  'pageSize': (number);
  'pageToken': (string);
}
