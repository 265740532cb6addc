// Original file: proto/sharedlock/v1/call.proto


export interface Call {
  'id'?: (number);
  'method'?: (number);
  'request'?: (Buffer | Uint8Array | string);
  'timeoutMs'?: (number);
  'metadata'?: ({[key: string]: string});
  '_timeoutMs'?: "timeoutMs";
}

export interface Call__Output {
  'id': (number);
  'method': (number);
  'request': (Buffer);
  'timeoutMs'?: (number);
  'metadata': ({[key: string]: string});
  '_timeoutMs'?: "timeoutMs";
}
