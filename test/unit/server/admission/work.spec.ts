import { expect } from 'chai';
import { workOf } from '../../../../src/server/admission/work.js';
import { DESCRIPTORS } from '../../../support/wire-servers.js';

describe('what a method is to a daemon with too much to do', () => {
  it('is said of each', () => {
    for (const { path } of DESCRIPTORS.methods) expect(() => workOf(path)).not.to.throw();
    expect(() => workOf('/sharedlock.v1.LockService/New')).to.throw(TypeError, 'work.ts');
  });

  it('puts first what keeps locks and gives them back', () => {
    const first = ['LeaseService/KeepAlive', 'LeaseService/KeepAliveStream'];
    const back = ['LeaseService/RevokeLease', 'LockService/Release', 'ElectionService/Resign'];
    for (const name of [...first, ...back]) {
      expect(workOf(`/sharedlock.v1.${name}`), name).to.equal('keep');
    }
  });

  it('gives streams and waits a room of their own', () => {
    const streams = DESCRIPTORS.methods.filter(({ responseStream }) => responseStream);
    const asking = streams.filter(({ path }) => workOf(path) === 'ask');
    expect(asking.map(({ path }) => path)).to.be.empty;
  });
});
