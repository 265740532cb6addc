// Original file: proto/sharedlock/v1/counter.proto


export interface GetCounterRequest {
  'name'?: (string);
}

export interface GetCounterRequest__Output {
  'name': (string);
}
