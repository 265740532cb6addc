import { invalid } from '../core/errors.js';
import { EXIT } from '../core/exit-codes.js';
import type { ProcessProfiler } from '../telemetry/pprof/profiler.js';
import { StartError } from './start-error.js';

const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 300;

export interface ProfileRoute {
  readonly path: string;
  readonly handle: (
    query: URLSearchParams,
    signal: AbortSignal,
  ) => Promise<{ readonly contentType: string; readonly body: Buffer }>;
}

/** Where Go's tools look for profiles. */
export function profileRoutes(profiler: ProcessProfiler): ProfileRoute[] {
  const contentType = 'application/octet-stream';
  return [
    {
      path: '/debug/pprof/profile',
      handle: async (query, signal) => ({
        contentType,
        body: await profiler.cpu(secondsIn(query), signal),
      }),
    },
    {
      path: '/debug/pprof/heap',
      handle: async () => ({ contentType, body: await profiler.heap() }),
    },
  ];
}

/** @throws Fault INVALID_ARGUMENT */
function secondsIn(query: URLSearchParams): number {
  const text = query.get('seconds') ?? String(DEFAULT_SECONDS);
  const seconds = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
  throw invalid('seconds', `give a whole number from 1 to ${MAX_SECONDS}`);
}

/** The profiler of this process. @throws StartError where Node was built without one. */
export async function startProfiler(): Promise<ProcessProfiler> {
  try {
    const { ProcessProfiler } = await import('../telemetry/pprof/profiler.js');
    return await ProcessProfiler.start();
  } catch (error) {
    throw new StartError(
      EXIT.unavailable,
      'this Node.js has no inspector to profile with: set SHARED_LOCK_PPROF_ENABLED to false',
      error,
    );
  }
}
