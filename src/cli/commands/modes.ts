import { Option } from 'commander';
import type { AcquireOptions } from '../../client/options.js';
import { positive } from '../client/flags.js';

/** How a lock shall be held. */
export interface ModeFlags {
  readonly shared?: boolean;
  readonly limit?: number;
  readonly permits?: number;
}

export function modeFlags(): Option[] {
  return [
    new Option('-s, --shared', 'together with other shared holders').conflicts('limit'),
    new Option('-x, --exclusive', 'alone, as without any of these').conflicts(['shared', 'limit']),
    new Option('--limit <count>', 'a semaphore of so many permits, the same for all').argParser(
      positive,
    ),
    new Option('--permits <count>', 'permits to take of the --limit (default: 1)').argParser(
      positive,
    ),
  ];
}

export function modeOf(flags: ModeFlags): Pick<AcquireOptions, 'mode' | 'limit' | 'permits'> {
  const { shared = false, limit, permits } = flags;
  return {
    ...(shared ? { mode: 'SHARED' } : {}),
    ...(limit === undefined ? {} : { limit }),
    ...(permits === undefined ? {} : { permits }),
  };
}
