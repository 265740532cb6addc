// Original file: proto/sharedlock/v1/config.proto

export const Consistency = {
  CACHED: 'CACHED',
  LINEARIZABLE: 'LINEARIZABLE',
} as const;

export type Consistency =
  | 'CACHED'
  | 0
  | 'LINEARIZABLE'
  | 1

export type Consistency__Output = typeof Consistency[keyof typeof Consistency]
