import type { Operation } from './measure.js';
import type { World } from './world.js';

/** One side of a comparison. */
export interface Side {
  readonly name: string;
  /** Makes ready what the operation needs, and gives it. */
  make(world: World): Promise<Operation> | Operation;
}

export interface Workload {
  readonly name: string;
  readonly ours: Side['make'];
  readonly peers: readonly Side[];
  /** At least so many times the first peer, with `atInFlight` in flight. */
  readonly target?: { readonly ratio: number; readonly inFlight: number };
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
