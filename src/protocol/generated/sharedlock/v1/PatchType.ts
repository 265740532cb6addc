// Original file: proto/sharedlock/v1/config.proto

export const PatchType = {
  MERGE_PATCH: 'MERGE_PATCH',
  JSON_PATCH: 'JSON_PATCH',
} as const;

export type PatchType =
  | 'MERGE_PATCH'
  | 0
  | 'JSON_PATCH'
  | 1

export type PatchType__Output = typeof PatchType[keyof typeof PatchType]
