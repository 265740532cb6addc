import { expect } from 'chai';
import { workOf } from '../../../../src/server/admission/work.js';
import { DESCRIPTORS } from '../../../support/wire-servers.js';

describe('what a method is to a daemon with too much to do', () => {
  it('is said of each', () => {
    for (const { path } of DESCRIPTORS.methods) expect(() => workOf(path)).not.to.throw();
    expect(() => workOf('/sharedlock.v1.LockService/New')).to.throw(TypeError, 'work.ts');
  });

  it('puts first what keeps locks and gives them back', () => {
    const back = ['LeaseService/RevokeLease', 'LockService/Release', 'ElectionService/Resign'];
    for (const name of ['LeaseService/KeepAlive', ...back]) {
      expect(workOf(`/sharedlock.v1.${name}`), name).to.equal('keep');
    }
    expect(workOf('/sharedlock.v1.LeaseService/KeepAliveStream')).to.equal('keepOpen');
  });

  it('gives streams and waits a room of their own', () => {
    const streams = DESCRIPTORS.methods.filter(({ responseStream }) => responseStream);
    const works = new Set(streams.map(({ path }) => workOf(path)));
    expect(works).to.deep.equal(new Set(['wait', 'keepOpen']));
  });
});
