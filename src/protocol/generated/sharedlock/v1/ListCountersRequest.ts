// Original file: proto/sharedlock/v1/counter.proto


export interface ListCountersRequest {
  'prefix'?: (string);
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListCountersRequest__Output {
  'prefix': (string);
  'pageSize': (number);
  'pageToken': (string);
}
