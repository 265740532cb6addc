import { Fault, invalid } from '../core/errors.js';
import { EXIT } from '../core/exit-codes.js';
import { need } from '../server/access/needs.js';
import type { PlainRequest, PlainRoute } from '../server/http/answer.js';
import type { ProcessProfiler } from '../telemetry/pprof/profiler.js';
import { StartError } from './start-error.js';

const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 300;

/** Where Go's tools look for profiles. Only for callers on this machine: a profile tells much. */
export function profileRoutes(profiler: ProcessProfiler): PlainRoute[] {
  const route = (
    path: string,
    profile: (request: PlainRequest) => Promise<Buffer>,
  ): PlainRoute => ({
    path,
    method: 'GET',
    needs: () => [need('profile', 'daemon')],
    handle: async (request) => {
      if (!isLoopback(request.remoteAddress)) {
        throw new Fault('PERMISSION_DENIED', 'profiles are only for callers on this machine');
      }
      if (isLinkOfAnotherSite(request)) {
        throw new Fault('PERMISSION_DENIED', 'profiles are not for links of web pages');
      }
      const body = await profile(request);
      return { status: 200, contentType: 'application/octet-stream', body };
    },
  });
  return [
    route('/debug/pprof/profile', ({ query, call }) =>
      profiler.cpu(secondsIn(new URLSearchParams(query)), call.signal),
    ),
    route('/debug/pprof/heap', () => profiler.heap()),
  ];
}

/** A caller through a Unix socket has no address. */
function isLoopback(address: string): boolean {
  return address === '' || /^(?:::ffff:)?127\./.test(address) || address === '::1';
}

/** To follow one shows a page nothing, but a profile costs much: only a person who typed the address gets one. */
function isLinkOfAnotherSite({ headers }: PlainRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
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
