// Original file: proto/sharedlock/v1/election.proto


export interface ResignResponse {
  'resigned'?: (boolean);
}

export interface ResignResponse__Output {
  'resigned': (boolean);
}
