import { expect } from 'chai';
import fc from 'fast-check';
import { quietMs, signPeriodMs } from '../../../src/core/hold.js';
import { marginMs } from '../../../src/core/lease-state.js';

describe('quietMs', () => {
  it('is 4 s for the default TTL', () => {
    expect(quietMs(10_000)).to.equal(4000);
  });

  it('is over before the lease can be, if its daemon dies just before a renewal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 86_400_000 }), (ttlMs) => {
        const leftMs = ttlMs - ttlMs / 3;
        expect(quietMs(ttlMs)).to.be.above(0);
        expect(quietMs(ttlMs) + marginMs(ttlMs)).to.be.at.most(leftMs + 1e-6);
        expect(signPeriodMs(ttlMs) * 3).to.be.below(quietMs(ttlMs));
      }),
    );
  });
});
