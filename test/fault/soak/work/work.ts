import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../../../src/index.js';
import type { Recorder } from '../history.js';
import type { SeededRandom } from '../random.js';
import type { Holdings } from './holdings.js';
import type { Operations } from './operations.js';

/** Of the calls of the soak's clients. */
export const DEADLINE_MS = 3000;
/** What `client.close` may take by itself: the work under its locks has 10 s to end. */
export const CLOSE_MS = 10_000 + DEADLINE_MS;

/** Those that many wait for, with leases of their own. */
export const SINGLE_LOCKS = ['a', 'b', 'c'] as const;
/** And with sessions. */
export const SESSION_LOCKS = ['c', 'd'] as const;
/** Often free: so an acquiring that is cancelled may just have been granted. */
export const CALM_LOCKS = ['x', 'y'] as const;
export const LOCKS = ['a', 'b', 'c', 'd', 'x', 'y'] as const;
export const ELECTIONS = ['e'] as const;
export const COUNTERS = ['plain', 'fenced'] as const;
export const DOCUMENTS = ['d', 'f'] as const;
export const NAMESPACE = 'soak';

/** What the parts of a client process share. */
export interface Work {
  readonly recorder: Recorder;
  readonly random: SeededRandom;
  readonly operations: Operations;
  readonly holdings: Holdings;
  /** Aborts when no new work shall begin. */
  readonly stopping: AbortSignal;
  /** The present client: the process closes it now and then, and goes on with a new one. */
  client(): Client;
}

/** Does it again and again, until the work shall stop. */
export async function repeat(work: Work, once: () => Promise<void>): Promise<void> {
  while (!work.stopping.aborted) {
    await once();
    await pause(work.random.between(0, 150));
  }
}

export function pause(ms: number): Promise<void> {
  return delay(ms);
}
