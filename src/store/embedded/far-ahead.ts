import type { Revision } from '../store.js';

/** More than any store writes in its life. */
const JUMP = 2 ** 40;

/** More than any store writes in a second. */
const A_SECOND = 2 ** 20;

/**
 * A revision above all that were given out after `revision`, where nobody knows how many were: made of the time, so that the same
 * copy, put back twice, goes on above what came after the first time. If the clock is behind, a jump has to do.
 */
export function farAhead(revision: Revision, wallMs: number): Revision {
  const byTime = Math.floor(wallMs / 1000) * A_SECOND;
  return byTime > revision ? byTime : revision + JUMP;
}
