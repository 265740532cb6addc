import { expect } from 'chai';
import { QuietTurns } from '../../../../src/clock/quiet-turns.js';
import { Starts } from '../../../../src/clock/starts.js';
import { Admission } from '../../../../src/server/admission/admission.js';
import { didNothing, isOfNothing, Misses } from '../../../../src/server/admission/misses.js';
import { workOf } from '../../../../src/server/admission/work.js';
import { DESCRIPTORS } from '../../../support/wire-servers.js';

describe('renewals that find nothing', () => {
  function miss(misses: Misses, peer: string, times: number): void {
    for (let n = 0; n < times; n++) misses.told(peer, false);
  }

  it('are like anything else after sixteen in a row', () => {
    const misses = new Misses();
    miss(misses, 'a:1', 15);
    expect(misses.isStranger('a:1')).to.equal(false);
    miss(misses, 'a:1', 1);
    expect(misses.isStranger('a:1')).to.equal(true);
    expect(misses.isStranger('a:2')).to.equal(false);
    misses.told('a:1', true);
    expect(misses.isStranger('a:1')).to.equal(false);
  });

  it('are remembered of ten thousand connections, those that missed last', () => {
    const misses = new Misses();
    miss(misses, 'first', 20);
    miss(misses, 'second', 20);
    for (let n = 0; n < 9998; n++) miss(misses, `other ${n}`, 1);
    miss(misses, 'first', 1);
    miss(misses, 'one more', 1);
    expect(misses.isStranger('first')).to.equal(true);
    expect(misses.isStranger('second')).to.equal(false);
  });

  it('of Unix sockets, which have one name, are not counted', () => {
    const misses = new Misses();
    miss(misses, 'unix', 100);
    expect(misses.isStranger('unix')).to.equal(false);
  });

  it('take no health away', () => {
    const admission = new Admission(new Starts(new QuietTurns()));
    for (let n = 0; n < 20; n++) admission.answered('keep', 'a:1', undefined, false);
    expect(admission.workFor('keep', 'a:1', undefined)).to.equal('stray');
    expect(admission.workFor('health', 'a:1', undefined)).to.equal('health');
    expect(admission.workFor('keep', 'a:2', undefined)).to.equal('keep');
  });

  it('are no longer remembered of a connection that has ended', () => {
    const misses = new Misses();
    miss(misses, 'a:1', 20);
    misses.forget('a:1');
    expect(misses.isStranger('a:1')).to.equal(false);
  });

  it('behind a proxy count for whom it tells of, not for others whom it serves on the same connection', () => {
    const trustedProxies = ['10.0.0.9'];
    const admission = new Admission(new Starts(new QuietTurns()), {}, { trustedProxies });
    for (let n = 0; n < 20; n++) admission.answered('keep', '10.0.0.9:1', '10.1.1.1', false);
    expect(admission.workFor('keep', '10.0.0.9:1', '10.1.1.1')).to.equal('stray');
    expect(admission.workFor('keep', '10.0.0.9:2', '10.1.1.1')).to.equal('stray');
    expect(admission.workFor('keep', '10.0.0.9:1', '10.1.1.2')).to.equal('keep');
  });

  it('are also what is no renewal at all, and not what the daemon could not do', () => {
    for (const code of [
      'NOT_FOUND',
      'INVALID_ARGUMENT',
      'FAILED_PRECONDITION',
      'UNAUTHENTICATED',
    ]) {
      expect(isOfNothing(code), code).to.equal(true);
    }
    for (const code of ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'CANCELLED']) {
      expect(isOfNothing(code), code).to.equal(false);
    }
  });

  it('are told by what releases answer', () => {
    expect(didNothing({ released: false })).to.equal(true);
    expect(didNothing({ released: true })).to.equal(false);
    expect(didNothing({ leaseId: '5' })).to.equal(false);
  });

  it('are told by every answer of what comes first that says whether there was something', () => {
    for (const { path, response } of DESCRIPTORS.methods) {
      const booleans = response.fields.filter(({ type }) => type.kind === 'bool');
      if (workOf(path) !== 'keep') continue;
      for (const { protoName } of booleans) {
        expect(didNothing({ [protoName]: false }), `${path}: ${protoName}`).to.equal(true);
      }
    }
  });
});
