// Original file: proto/sharedlock/v1/lease.proto


export interface RevokeLeaseResponse {
  'revoked'?: (boolean);
}

export interface RevokeLeaseResponse__Output {
  'revoked': (boolean);
}
