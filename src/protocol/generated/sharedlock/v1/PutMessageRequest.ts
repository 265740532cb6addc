// Original file: proto/sharedlock/v1/message.proto


export interface PutMessageRequest {
  'message'?: (string);
  'requestId'?: (string);
  '_message'?: "message";
}

export interface PutMessageRequest__Output {
  'message'?: (string);
  'requestId': (string);
  '_message'?: "message";
}
