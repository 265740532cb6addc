// Original file: proto/sharedlock/v1/message.proto


export interface DeleteMessageResponse {
  'deleted'?: (boolean);
}

export interface DeleteMessageResponse__Output {
  'deleted': (boolean);
}
