import { expect } from 'chai';
import { randomLeaseId } from '../../../src/clock/random.js';
import { leaseIdFromBytes, parseLeaseId } from '../../../src/core/lease-id.js';

describe('parseLeaseId', () => {
  it('takes 1 to 2^63-1', () => {
    for (const text of ['1', '12345', '9223372036854775807']) {
      expect(parseLeaseId(text)).to.equal(text);
    }
  });

  for (const text of [
    '',
    '0',
    '-1',
    '+1',
    '01',
    'abc',
    '1.0',
    '1e3',
    ' 1',
    '0x10',
    '9223372036854775808',
    '9'.repeat(30),
  ]) {
    it(`refuses ${JSON.stringify(text)} without repeating it`, () => {
      let message = '';
      try {
        parseLeaseId(text);
      } catch (error) {
        message = String(error);
      }
      expect(message).to.contain('lease_id');
      if (text.length > 10) expect(message).not.to.contain(text + ' ');
    });
  }
});

describe('leaseIdFromBytes', () => {
  it('never makes 0 or a negative number', () => {
    expect(leaseIdFromBytes(new Uint8Array(8))).to.equal('1');
    expect(leaseIdFromBytes(new Uint8Array(8).fill(255))).to.equal('9223372036854775807');
    expect(leaseIdFromBytes(new Uint8Array([128, 0, 0, 0, 0, 0, 0, 0]))).to.equal('1');
  });

  it('makes different ones', () => {
    expect(new Set(Array.from({ length: 1000 }, randomLeaseId)).size).to.equal(1000);
  });
});
