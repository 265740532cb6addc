import { expect } from 'chai';
import { suggest } from '../../../src/core/nearest.js';

describe('the nearest name', () => {
  it('is suggested if it is near', () => {
    expect(suggest('server.prot', ['server.host', 'server.port'])).to.contain('server.port');
  });

  it('is not if nothing is near', () => {
    expect(suggest('abcdef', ['server.host'])).to.equal('');
  });
});
