import type { ScalarKind } from './schema.js';

export type IntegerKind = Extract<ScalarKind, 'int32' | 'uint32' | 'int64' | 'uint64'>;

/** The least and the greatest integer of each kind. */
export const INTEGER_BOUNDS: Readonly<Record<IntegerKind, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
