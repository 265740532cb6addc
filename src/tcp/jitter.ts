import { randomInt } from 'node:crypto';

/** In percent. */
const MOST = 10;

/** A tenth more or less at most: what began together does not all end together. */
export function withJitter(ms: number): number {
  return (ms * randomInt(100 - MOST, 100 + MOST + 1)) / 100;
}
