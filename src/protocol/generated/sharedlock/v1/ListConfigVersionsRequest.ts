// Original file: proto/sharedlock/v1/config.proto


export interface ListConfigVersionsRequest {
  'namespace'?: (string);
  'name'?: (string);
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListConfigVersionsRequest__Output {
  'namespace': (string);
  'name': (string);
  'pageSize': (number);
  'pageToken': (string);
}
