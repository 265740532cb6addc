// Original file: proto/sharedlock/v1/election.proto


export interface ListElectionsRequest {
  'prefix'?: (string);
  'labels'?: (string)[];
  'contested'?: (boolean);
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListElectionsRequest__Output {
  'prefix': (string);
  'labels': (string)[];
  'contested': (boolean);
  'pageSize': (number);
  'pageToken': (string);
}
