// Original file: proto/sharedlock/v1/call.proto

import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../google/rpc/Status.js';

export interface Answer {
  'id'?: (number);
  'response'?: (Buffer | Uint8Array | string);
  'error'?: (_google_rpc_Status | null);
  'outcome'?: "response"|"error";
}

export interface Answer__Output {
  'id': (number);
  'response'?: (Buffer);
  'error'?: (_google_rpc_Status__Output | null);
  'outcome'?: "response"|"error";
}
