import { expect } from 'chai';
import { isFault } from '../../../src/core/errors.js';
import { DESCRIPTORS } from '../../support/wire-servers.js';

describe('a message that is decoded', () => {
  const method = DESCRIPTORS.methods.find(({ path }) => path.endsWith('.LockService/Acquire'));
  if (method === undefined) throw new Error('there is no Acquire');
  const decode = (labels: number): object => {
    const entries = Array.from({ length: labels }, (_, n) => [String(n), '']);
    const message = { name: 'a', labels: Object.fromEntries(entries) as object };
    return method.decodeRequest(DESCRIPTORS.codec(method.request.fullName).serialize(message));
  };

  it('may have more fields than any request needs', () => {
    expect(decode(1000)).to.have.property('name', 'a');
  });

  it('is refused if it has very many', () => {
    let thrown: unknown;
    try {
      decode(50_000);
    } catch (error) {
      thrown = error;
    }
    expect(isFault(thrown, 'INVALID_ARGUMENT')).to.equal(true);
    expect(thrown).to.have.property('message').that.contains('more fields');
  });
});
