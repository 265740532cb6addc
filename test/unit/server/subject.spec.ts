import { expect } from 'chai';
import { subjectOf } from '../../../src/server/handlers/subject.js';

describe('what the access log tells of a request', () => {
  it('is its name, its owner and its request id, and nothing else', () => {
    const request = { name: 'a', owner: 'me', requestId: 'r', leaseId: '4711', value: 'secret' };
    expect(subjectOf(request)).to.deep.equal({ name: 'a', owner: 'me' });
  });

  it('leaves out what is empty', () => {
    expect(subjectOf({ name: 'a', owner: '', requestId: '' })).to.deep.equal({ name: 'a' });
  });

  it('has the key of a lease, the candidate of an election, the namespace of a document, a digest', () => {
    expect(subjectOf({ digest: 'a' })).to.deep.equal({ name: 'a' });
    expect(subjectOf({ key: 'a' })).to.deep.equal({ name: 'a' });
    expect(subjectOf({ name: 'a', candidate: 'b' })).to.deep.equal({ name: 'a', owner: 'b' });
    expect(subjectOf({ namespace: 'a', name: 'b' })).to.deep.equal({ name: 'a/b' });
  });

  it('is cut to what a line can take, whole characters only', () => {
    const { name, owner } = subjectOf({ name: 'x'.repeat(1024), owner: `${'x'.repeat(255)}😀` });
    expect(name).to.have.lengthOf(257).and.to.match(/…$/);
    expect(owner?.isWellFormed()).to.equal(true);
  });
});
