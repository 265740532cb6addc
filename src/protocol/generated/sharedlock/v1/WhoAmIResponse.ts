// Original file: proto/sharedlock/v1/access.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';

// Original file: proto/sharedlock/v1/access.proto

export const _sharedlock_v1_WhoAmIResponse_Mode = {
  OFF: 'OFF',
  AUDIT: 'AUDIT',
  ENFORCE: 'ENFORCE',
} as const;

export type _sharedlock_v1_WhoAmIResponse_Mode =
  | 'OFF'
  | 0
  | 'AUDIT'
  | 1
  | 'ENFORCE'
  | 2

export type _sharedlock_v1_WhoAmIResponse_Mode__Output = typeof _sharedlock_v1_WhoAmIResponse_Mode[keyof typeof _sharedlock_v1_WhoAmIResponse_Mode]

// Original file: proto/sharedlock/v1/access.proto

export const _sharedlock_v1_WhoAmIResponse_Via = {
  NONE: 'NONE',
  TOKEN: 'TOKEN',
  JWT: 'JWT',
  CERTIFICATE: 'CERTIFICATE',
  UNIX: 'UNIX',
} as const;

export type _sharedlock_v1_WhoAmIResponse_Via =
  | 'NONE'
  | 0
  | 'TOKEN'
  | 1
  | 'JWT'
  | 2
  | 'CERTIFICATE'
  | 3
  | 'UNIX'
  | 4

export type _sharedlock_v1_WhoAmIResponse_Via__Output = typeof _sharedlock_v1_WhoAmIResponse_Via[keyof typeof _sharedlock_v1_WhoAmIResponse_Via]

export interface WhoAmIResponse {
  'principal'?: (string);
  'groups'?: (string)[];
  'via'?: (_sharedlock_v1_WhoAmIResponse_Via);
  'expiresAt'?: (_google_protobuf_Timestamp | null);
  'mode'?: (_sharedlock_v1_WhoAmIResponse_Mode);
}

export interface WhoAmIResponse__Output {
  'principal': (string);
  'groups': (string)[];
  'via': (_sharedlock_v1_WhoAmIResponse_Via__Output);
  'expiresAt': (_google_protobuf_Timestamp__Output | null);
  'mode': (_sharedlock_v1_WhoAmIResponse_Mode__Output);
}
