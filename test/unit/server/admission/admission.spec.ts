import { expect } from 'chai';
import { QuietTurns } from '../../../../src/clock/quiet-turns.js';
import { Starts } from '../../../../src/clock/starts.js';
import { Admission } from '../../../../src/server/admission/admission.js';
import type { Work } from '../../../../src/server/admission/work.js';

const PEER = '10.0.0.1:5000';

describe('what a daemon takes on', () => {
  const reasonOf = (admission: Admission, work: Work): string | undefined =>
    admission.enter(work, undefined, PEER)?.details.reason;

  it('has room for renewals when streams of renewals have taken all of theirs', () => {
    const admission = new Admission(new Starts(new QuietTurns()), { openCalls: 3 });
    for (let n = 0; n < 3; n++) expect(reasonOf(admission, 'keepOpen')).to.equal(undefined);
    expect(reasonOf(admission, 'keepOpen')).to.equal('RENEWAL_STREAM_LIMIT');
    expect(reasonOf(admission, 'keep')).to.equal(undefined);
    expect(reasonOf(admission, 'wait')).to.equal(undefined);
  });

  it('has room for health when renewals have taken all of theirs, since the store is slow', () => {
    const admission = new Admission(new Starts(new QuietTurns()), { requests: 1 });
    for (let n = 0; n < 5; n++) expect(reasonOf(admission, 'keep')).to.equal(undefined);
    expect(reasonOf(admission, 'keep')).to.equal('RENEWAL_LIMIT');
    expect(reasonOf(admission, 'health')).to.equal(undefined);
  });

  it('has room for what comes first when memory is full', () => {
    const admission = new Admission(new Starts(new QuietTurns()), { bufferedBytes: 1000 });
    admission.buffer(undefined, 1000);
    for (const work of ['keep', 'keepOpen', 'health', 'metrics'] as const) {
      expect(reasonOf(admission, work), work).to.equal(undefined);
    }
    expect(reasonOf(admission, 'ask')).to.equal('BUFFER_LIMIT');
    expect(reasonOf(admission, 'wait')).to.equal('BUFFER_LIMIT');
  });

  it('begins at once if it comes first and is small: nothing that keeps a lock is large', () => {
    const admission = new Admission(new Starts(new QuietTurns()));
    while (admission.start('ask', 'write') === undefined);
    expect(admission.start('keep', 'write', 16 * 1024)).to.equal(undefined);
    expect(admission.start('health', 'read')).to.equal(undefined);
    expect(admission.start('keep', 'write', 16 * 1024 + 1)).to.be.a('promise');
  });

  it('begins with less at a time if that is large', () => {
    const admission = new Admission(new Starts(new QuietTurns()));
    let begun = 0;
    while (admission.start('ask', 'write', 512 * 1024) === undefined) begun++;
    expect(begun).to.equal(2);
  });

  it('is some metrics at a time', () => {
    const admission = new Admission(new Starts(new QuietTurns()));
    for (let n = 0; n < 16; n++) expect(reasonOf(admission, 'metrics')).to.equal(undefined);
    const refusal = admission.enter('metrics', undefined, PEER);
    expect(refusal?.details.reason).to.equal('METRICS_LIMIT');
    // There is no setting to name.
    expect(refusal?.message).not.to.contain('SHARED_LOCK');
    admission.leave('metrics', undefined);
    expect(reasonOf(admission, 'metrics')).to.equal(undefined);
  });

  it('of renewals that find nothing is what is left, and streams of them are streams', () => {
    const admission = new Admission(new Starts(new QuietTurns()));
    for (let n = 0; n < 16; n++) admission.answered('keep', PEER, undefined, false);
    expect(admission.workFor('keep', PEER, undefined)).to.equal('stray');
    expect(admission.workFor('keepOpen', PEER, undefined)).to.equal('wait');
    admission.answered('keep', PEER, undefined, true);
    expect(admission.workFor('keepOpen', PEER, undefined)).to.equal('keepOpen');
  });

  it('are few such renewals at a time, and none where there is no room for other requests', () => {
    const admission = new Admission(new Starts(new QuietTurns()), { requests: 100 });
    for (let n = 0; n < 64; n++) expect(reasonOf(admission, 'stray')).to.equal(undefined);
    expect(reasonOf(admission, 'stray')).to.equal('STRAY_RENEWAL_LIMIT');
    expect(reasonOf(admission, 'keep')).to.equal(undefined);
    admission.leave('stray', undefined);
    for (let n = 0; n < 100; n++) expect(reasonOf(admission, 'ask')).to.equal(undefined);
    expect(reasonOf(admission, 'stray')).to.equal('REQUEST_LIMIT');
  });
});
