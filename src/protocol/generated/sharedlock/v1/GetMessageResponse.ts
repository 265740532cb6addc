// Original file: proto/sharedlock/v1/message.proto


export interface GetMessageResponse {
  'message'?: (string);
}

export interface GetMessageResponse__Output {
  'message': (string);
}
