// Original file: proto/sharedlock/v1/message.proto


export interface PutMessageResponse {
  'digest'?: (string);
}

export interface PutMessageResponse__Output {
  'digest': (string);
}
