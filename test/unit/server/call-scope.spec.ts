import { expect } from 'chai';
import { CallScope, callerGone } from '../../../src/server/handlers/call-scope.js';

describe('CallScope', () => {
  for (const [when, ask] of [
    ['before it is aborted', 'before'],
    ['afterwards', 'after'],
  ] as const) {
    it(`aborts a signal that was asked for ${when}, with the cause as its reason`, () => {
      const scope = new CallScope('grpc', 'peer');
      if (ask === 'before') expect(scope.call.signal.aborted).to.equal(false);
      const cause = callerGone();
      scope.abort(cause);
      expect(scope.call.signal.reason).to.equal(cause);
    });
  }

  it('has one cause: the first', () => {
    const scope = new CallScope('http', 'peer');
    const cause = callerGone();
    scope.abort(cause);
    scope.abort(callerGone());
    expect(scope.cause).to.equal(cause);
    expect(scope.call.signal.reason).to.equal(cause);
  });

  it('hands its signal on with a copy of the call', () => {
    const scope = new CallScope('http', 'peer');
    const copy = { ...scope.call };
    expect(copy.hasLeft?.()).to.equal(false);
    scope.abort(callerGone());
    expect(copy.signal.aborted).to.equal(true);
    expect(copy.hasLeft?.()).to.equal(true);
  });

  it('says whether the caller is gone, in a copy too, without a signal', () => {
    const scope = new CallScope('grpc', 'peer');
    const { hasLeft } = scope.call;
    expect(hasLeft?.()).to.equal(false);
    scope.abort(callerGone());
    expect(hasLeft?.()).to.equal(true);
  });
});
