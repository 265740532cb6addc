import { expect } from 'chai';
import { readPolicy } from '../../../../src/access/read-policy.js';
import { Bucket } from '../../../../src/core/access/bucket.js';
import { Quotas } from '../../../../src/core/access/quota.js';

describe('a bucket', () => {
  it('gives its burst at once, and its rate in the long run', () => {
    const bucket = new Bucket(10, 3, 0);
    expect([0, 0, 0].map((ms) => bucket.take(ms))).to.deep.equal([0, 0, 0]);
    expect(bucket.take(0)).to.equal(100);
    expect(bucket.take(60)).to.be.closeTo(40, 1e-6);
    expect(bucket.take(100)).to.equal(0);
    let taken = 0;
    for (let ms = 101; ms <= 10_100; ms++) if (bucket.take(ms) === 0) taken++;
    expect(taken).to.be.within(99, 101);
  });

  it('gathers no more than its burst, and nothing when a clock stands still', () => {
    const bucket = new Bucket(1, 2, 0);
    expect(bucket.isFull(0)).to.equal(true);
    bucket.take(0);
    expect(bucket.isFull(999)).to.equal(false);
    expect(bucket.isFull(1_000_000)).to.equal(true);
    const taken = [0, 0, 0].filter(() => bucket.take(1_000_000) === 0);
    expect(taken.length).to.equal(2);
    expect(bucket.take(5)).to.be.greaterThan(0);
  });
});

describe('the quotas of a policy', () => {
  const of = (text: string) =>
    new Quotas(readPolicy(`version: 1\nprincipals: [{name: a}]\n${text}`));

  it('are those of default, but for what a principal has of its own', () => {
    const quotas = of('quotas: {default: {rate: 30/m, leases: 10}, a: {leases: 100, burst: 5}}');
    expect(quotas.of('b')).to.deep.equal({ rate: 0.5, leases: 10 });
    expect(quotas.of('a')).to.deep.equal({ rate: 0.5, leases: 100, burst: 5 });
    expect(of('').of('a')).to.deep.equal({});
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['quotas: []', /^line 3: quotas must be a mapping/],
    ['quotas: {b: {leases: 1}}', /^line 3: "b" is not among principals/],
    ['quotas: {a: {lease: 1}}', /^line 3: a quota has no "lease" \(did you mean leases\?\)/],
    ['quotas: {a: {leases: -1}}', /^line 3: leases must be a whole number from 0/],
    ['quotas: {a: {leases: 1.5}}', /^line 3: leases must be a whole number/],
    ['quotas: {a: {leases: "1"}}', /^line 3: leases must be a whole number/],
    ['quotas: {a: {burst: 0}}', /^line 3: burst must be a whole number from 1/],
    ['quotas: {a: {rate: 5}}', /^line 3: rate must be a number of requests and a unit/],
    ['quotas: {a: {rate: 0/s}}', /^line 3: rate must be/],
    ['quotas: {a: {rate: 5/h}}', /^line 3: rate must be/],
    ['quotas: &x {a: {leases: 1}}', /^line 3: anchors and aliases/],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${text}`, () => {
      expect(() => of(text)).to.throw(message);
    });
  }
});
