import { expect } from 'chai';
import { SharedLockError } from '../../../src/client/errors.js';
import { checked } from '../../../src/client/wire/checked.js';
import { loadCallDescriptors } from '../../../src/protocol/call-descriptors.js';

describe('A request of the client', () => {
  const method = loadCallDescriptors().method('/sharedlock.v1.LockService/Acquire');

  it('is refused before it is sent if it can not be written as its message', () => {
    expect(() => checked(method, { name: Object.create(null) as object }))
      .to.throw(SharedLockError, "the request can't be sent")
      .with.property('code', 'INVALID_ARGUMENT');
  });

  it('is written once if it can', () => {
    const bytes = checked(method, { name: 'a' });
    expect(bytes).to.deep.equal(method.requestSerialize({ name: 'a' }));
  });
});
