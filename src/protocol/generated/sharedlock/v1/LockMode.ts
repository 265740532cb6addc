// Original file: proto/sharedlock/v1/types.proto

export const LockMode = {
  EXCLUSIVE: 'EXCLUSIVE',
  SHARED: 'SHARED',
  SEMAPHORE: 'SEMAPHORE',
} as const;

export type LockMode =
  | 'EXCLUSIVE'
  | 0
  | 'SHARED'
  | 1
  | 'SEMAPHORE'
  | 2

export type LockMode__Output = typeof LockMode[keyof typeof LockMode]
