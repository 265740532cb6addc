import type { Measured, Operation } from './measure.js';
import type { World } from './world.js';

export interface Aim {
  readonly ratio: number;
  readonly inFlight: number;
  /** The calls of an operation: that many that do nothing are the most that any server could answer us. */
  readonly calls?: { readonly wire: 'gRPC' | 'HTTP'; readonly perOperation: number };
}

/** One side of a comparison. */
export interface Side {
  readonly name: string;
  /** Makes ready what the operation needs, and gives it. */
  make(world: World): Promise<Made> | Made;
}

/** An operation, or one with what has to be taken away afterwards; or another program that measures. */
export type Made =
  | Operation
  | { readonly operation: Operation; close(): void }
  | { measure(inFlight: number, forMs: number): Promise<Measured>; close(): void };

export interface Workload {
  readonly name: string;
  readonly ours: Side['make'];
  readonly peers: readonly Side[];
  /** At least so many times the first peer, with `atInFlight` in flight. */
  readonly target?: Aim;
  /** So many in flight instead of the usual ones. */
  readonly inFlight?: readonly number[];
  /** Part of `--quick`. */
  readonly quick?: boolean;
}

export function check(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`the benchmark got a wrong answer: ${what}`);
}

let names = 0;

/** A name that nothing else uses. */
export function freshName(what: string): string {
  return `${what}-${++names}`;
}
