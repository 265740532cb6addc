// Original file: proto/sharedlock/v1/election.proto


export interface GetLeaderRequest {
  'name'?: (string);
}

export interface GetLeaderRequest__Output {
  'name': (string);
}
