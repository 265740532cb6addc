import type { ForceReleaseOutcome, Holder } from '../../../core/lock.js';
import type { FirstOutcome } from '../../operation-log.js';
import { modeOf } from '../state/records.js';

/** Of the holders a record keeps the first few. */
const HOLDERS_RECORDED = 100;

/** What a forced release came to the first time, as its record tells. */
export function firstOutcome({ outcome }: FirstOutcome): ForceReleaseOutcome {
  return {
    released: outcome.text('released') === 'yes',
    holders: outcome.records('holders').map((record) => ({
      owner: record.text('owner'),
      mode: modeOf(record.text('mode')),
      fencingToken: record.number('fencingToken') ?? 0,
      value: '',
      valueOmitted: false,
      labels: new Map(),
      permits: record.number('permits') ?? 1,
      acquiredAtMs: record.number('acquiredAtMs'),
      ageMs: undefined,
      remainingTtlSeconds: undefined,
    })),
  };
}

/** What is recorded of a forced release that has a request id. */
export function recordOf(holders: readonly Holder[]): Readonly<Record<string, unknown>> {
  return {
    released: holders.length === 0 ? 'no' : 'yes',
    holders: holders
      .slice(0, HOLDERS_RECORDED)
      .map(({ owner, mode, fencingToken, permits, acquiredAtMs }) => ({
        owner,
        mode,
        fencingToken,
        permits,
        acquiredAtMs,
      })),
  };
}
