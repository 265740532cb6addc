import type { Measured, Operation } from './measure.js';
import type { World } from './world.js';

/** What is wanted with so many in flight. */
export interface Aim {
  readonly inFlight: number;
  /** At least so many times the first peer's operations a second. */
  readonly ratio?: number;
  /** At most so much CPU of the daemon for one operation, in µs. */
  readonly daemonCpu?: number;
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
  readonly aims?: readonly Aim[];
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
