// Original file: proto/sharedlock/v1/lock.proto


export interface GetLockRequest {
  'name'?: (string);
}

export interface GetLockRequest__Output {
  'name': (string);
}
