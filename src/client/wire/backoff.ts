import { randomInt } from 'node:crypto';

const FIRST_MS = 50;
const MAX_MS = 1000;

/** The pause before the nth try, from 1: half of it at random, so that many clients don't keep step. */
export function backoffMs(tries: number): number {
  const fullMs = Math.min(FIRST_MS * 2 ** Math.min(tries - 1, 10), MAX_MS);
  return fullMs / 2 + randomInt(fullMs / 2 + 1);
}
