/** What a benchmark does once. It throws if it did not get what it should have got. */
export type Operation = (worker: number, turn: number) => Promise<void>;

export interface Measured {
  /** All, with those to warm up. */
  readonly operations: number;
  readonly operationsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of another program that measured: its CPU for one operation, in µs. */
  readonly clientCpu?: number;
}

/** Runs `inFlight` workers, each one operation after the other, for `forMs` after a tenth of it to warm up. */
export async function measure(
  operation: Operation,
  inFlight: number,
  forMs: number,
): Promise<Measured> {
  const startMs = performance.now();
  const fromMs = startMs + forMs / 10;
  const untilMs = fromMs + forMs;
  const latenciesMs: number[] = [];
  let operations = 0;
  const work = async (worker: number): Promise<void> => {
    for (let turn = 0; performance.now() < untilMs; turn++) {
      const beganMs = performance.now();
      await operation(worker, turn);
      operations++;
      const endedMs = performance.now();
      if (endedMs >= fromMs && endedMs < untilMs) latenciesMs.push(endedMs - beganMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, worker) => work(worker)));
  return { operations, ...summary(latenciesMs, forMs) };
}

function summary(latenciesMs: number[], forMs: number): Omit<Measured, 'operations'> {
  latenciesMs.sort((a, b) => a - b);
  return {
    operationsPerSecond: (latenciesMs.length * 1000) / forMs,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

/** Of sorted values; NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
