// Original file: proto/sharedlock/v1/types.proto


// Original file: proto/sharedlock/v1/types.proto

export const _sharedlock_v1_HoldEnd_Cause = {
  UNKNOWN: 'UNKNOWN',
  RELEASED: 'RELEASED',
  EXPIRED: 'EXPIRED',
  REVOKED: 'REVOKED',
  PREEMPTED: 'PREEMPTED',
  UNREACHABLE: 'UNREACHABLE',
} as const;

export type _sharedlock_v1_HoldEnd_Cause =
  | 'UNKNOWN'
  | 0
  | 'RELEASED'
  | 1
  | 'EXPIRED'
  | 2
  | 'REVOKED'
  | 3
  | 'PREEMPTED'
  | 4
  | 'UNREACHABLE'
  | 5

export type _sharedlock_v1_HoldEnd_Cause__Output = typeof _sharedlock_v1_HoldEnd_Cause[keyof typeof _sharedlock_v1_HoldEnd_Cause]

export interface HoldEnd {
  'cause'?: (_sharedlock_v1_HoldEnd_Cause);
  'reason'?: (string);
}

export interface HoldEnd__Output {
  'cause': (_sharedlock_v1_HoldEnd_Cause__Output);
  'reason': (string);
}
