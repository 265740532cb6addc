// Original file: proto/sharedlock/v1/call.proto


export interface Welcome {
  'methods'?: (string)[];
  'maxCalls'?: (number);
  'maxRequestBytes'?: (number);
  'maxFrameBytes'?: (number);
  'maxFrameEntries'?: (number);
  'maxMetadataBytes'?: (number);
}

export interface Welcome__Output {
  'methods': (string)[];
  'maxCalls': (number);
  'maxRequestBytes': (number);
  'maxFrameBytes': (number);
  'maxFrameEntries': (number);
  'maxMetadataBytes': (number);
}
