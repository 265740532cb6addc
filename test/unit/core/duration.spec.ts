import { expect } from 'chai';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../../src/core/duration.js';

describe('parseDuration', () => {
  const good: [string, number][] = [
    ['0', 0],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['.5s', 500],
    ['1h', 3_600_000],
    ['1us', 0.001],
    ['1µs', 0.001],
    ['-2s', -2000],
    ['+2s', 2000],
  ];
  for (const [text, ms] of good) {
    it(`reads ${text}`, () => {
      expect(parseDuration(text)).to.be.closeTo(ms, 1e-9);
    });
  }

  for (const text of [
    '',
    '10',
    '1.5',
    'NaN',
    'Infinity',
    '1,5s',
    's',
    '1 s',
    '1d',
    '1S',
    '--1s',
    '.s',
    '9e9s',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseDuration(text)).to.equal(undefined);
    });
  }

  it('refuses what is beyond 2^53 ms, and what is absurdly long', () => {
    expect(parseDuration('99999999999999h')).to.equal(undefined);
    expect(parseDuration('1'.repeat(100) + 's')).to.equal(undefined);
  });

  it('reads what formatDuration writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).to.be.closeTo(ms, 0.01);
      }),
    );
  });
});

describe('formatDuration', () => {
  it('writes as Go does', () => {
    expect([3_600_000, 90_000, 10_000, 1500, 500, 0].map(formatDuration)).to.deep.equal([
      '1h0m0s',
      '1m30s',
      '10s',
      '1.5s',
      '500ms',
      '0ms',
    ]);
  });
});
