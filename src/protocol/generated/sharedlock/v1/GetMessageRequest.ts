// Original file: proto/sharedlock/v1/message.proto


export interface GetMessageRequest {
  'digest'?: (string);
}

export interface GetMessageRequest__Output {
  'digest': (string);
}
