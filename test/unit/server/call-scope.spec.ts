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

  it('says whether the caller is gone, without a signal', () => {
    const { call } = new CallScope('grpc', 'peer');
    expect(call.hasLeft?.()).to.equal(false);
    call.life?.abort(callerGone());
    expect(call.hasLeft?.()).to.equal(true);
    expect(call.signal.aborted).to.equal(true);
  });

  it('takes the share of whoever it is of, once that is known', () => {
    const scope = new CallScope('grpc', 'peer', '10.0.0.7');
    const { call } = scope;
    expect(call.user).to.equal('10.0.0.7');
    scope.user = 'principal ann';
    expect([call.user, scope.wireUser]).to.deep.equal(['principal ann', '10.0.0.7']);
  });
});
