// Original file: proto/sharedlock/v1/message.proto


export interface DeleteMessageRequest {
  'digest'?: (string);
  'requestId'?: (string);
}

export interface DeleteMessageRequest__Output {
  'digest': (string);
  'requestId': (string);
}
