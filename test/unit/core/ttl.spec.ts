import { expect } from 'chai';
import { DEFAULT_TTL_BOUNDS } from '../../../src/core/limits.js';
import { resolveTtlSeconds } from '../../../src/core/ttl.js';

describe('resolveTtlSeconds', () => {
  const resolve = (ms: number | undefined): number => resolveTtlSeconds(ms, DEFAULT_TTL_BOUNDS);

  it('is the default where nothing is asked for', () => {
    expect(resolve(undefined)).to.equal(10);
  });

  it('rounds up, and grants the minimum below it', () => {
    expect([1, 999, 1000, 1001, 86_400_000].map(resolve)).to.deep.equal([1, 1, 1, 2, 86_400]);
  });

  for (const ms of [0, -1, Number.NaN, Infinity, 86_400_001, 2 ** 31]) {
    it(`refuses ${ms} ms with the bounds`, () => {
      expect(() => resolve(ms)).to.throw(/ttl: .*24h0m0s.*1s/);
    });
  }
});
