import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/**
 * What the original shared-lock counts, under its names and with its words, for dashboards that were made for it; what else there is
 * to count has other names, so that a sum over one of these is what it was.
 */
export interface OriginalMetrics {
  /** A request of its routes was done: `/lease` (`get`) or `/keepalive` (`prolong`). */
  originalLease<Operation extends keyof OriginalStatus>(
    operation: Operation,
    status: OriginalStatus[Operation],
    seconds: number,
  ): void;
  /** Its cache, that of held locks, was asked or filled. */
  originalCache(operation: 'get' | 'set', status: 'hit' | 'miss' | 'success'): void;
}

export interface OriginalStatus {
  readonly get: 'created' | 'accepted' | 'error';
  readonly prolong: 'success' | 'failure';
}

/** `buckets` are ours, in seconds: the original's begin at 1 s. */
export function originalMetrics(registry: Registry, buckets: readonly number[]): OriginalMetrics {
  const registers = [registry];
  const labelNames = ['operation', 'status'] as const;
  const operations = new Counter({
    name: 'shared_lock_lease_operations_total',
    help: "By the original's routes: POST /lease (get: created, accepted, error) and /keepalive (prolong: success, failure).",
    labelNames,
    registers,
  });
  const duration = new Histogram({
    name: 'shared_lock_lease_grant_duration_seconds',
    help: "How long the original's routes took.",
    labelNames: ['operation'] as const,
    buckets: [...buckets],
    registers,
  });
  const cache = new Counter({
    name: 'shared_lock_cache_operations_total',
    help: 'The cache of held locks: asked (get: hit, miss), or filled (set: success).',
    labelNames,
    registers,
  });
  return {
    originalLease: (operation, status, seconds) => {
      operations.inc({ operation, status });
      duration.observe({ operation }, seconds);
    },
    originalCache: (operation, status) => {
      cache.inc({ operation, status });
    },
  };
}
