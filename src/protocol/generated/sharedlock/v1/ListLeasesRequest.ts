// Original file: proto/sharedlock/v1/lease.proto


export interface ListLeasesRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
  'labels'?: (string)[];
  'owner'?: (string);
}

export interface ListLeasesRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
  'labels': (string)[];
  'owner': (string);
}
