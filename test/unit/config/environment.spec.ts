import { expect } from 'chai';
import { unknownVariables } from '../../../src/config/environment.js';

describe('A variable of the environment that there is not', () => {
  it('is never taken for one of the examples, which is none of ours', () => {
    expect(unknownVariables({ SHARED_LOCK_TTL: '5' }, [])[0])
      .to.contain('SHARED_LOCK_TTL: there is no such variable')
      .and.not.to.contain('SHARED_LOCK_URL');
    expect(unknownVariables({ SHARED_LOCK_URL: 'http://127.0.0.1' }, [])).to.deep.equal([]);
  });
});
