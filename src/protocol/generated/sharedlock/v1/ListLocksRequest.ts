// Original file: proto/sharedlock/v1/lock.proto


export interface ListLocksRequest {
  'prefix'?: (string);
  'labels'?: (string)[];
  'contested'?: (boolean);
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListLocksRequest__Output {
  'prefix': (string);
  'labels': (string)[];
  'contested': (boolean);
  'pageSize': (number);
  'pageToken': (string);
}
