import { readNumber } from './lmdb-format.js';

/** Several pages side by side. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

/**
 * One record of the list of free pages, as lmdb writes it: a count of the words that follow, and each of these is 0
 * (nothing), a page, or, below 0, how many pages there are side by side from the one that the next word names.
 * @returns undefined if it is none.
 */
export function freeRuns(record: Buffer): Run[] | undefined {
  const words = Math.floor(record.length / 8);
  if (words === 0 || record.length % 8 !== 0) return undefined;
  const count = readNumber(record, 0);
  if (count > words - 1) return undefined;
  const runs: Run[] = [];
  for (let at = 1; at <= count; at++) {
    const word = Number(record.readBigInt64LE(at * 8));
    if (word > 0) runs.push({ first: word, count: 1 });
    if (word >= 0) continue;
    at++;
    // The page of the last word may be behind those that are counted.
    if (at >= words) return undefined;
    runs.push({ first: Number(record.readBigInt64LE(at * 8)), count: -word });
  }
  return runs;
}
