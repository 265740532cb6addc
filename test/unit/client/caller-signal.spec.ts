import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { connect } from '../../../src/client/client.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';
import { faultOf } from '../../support/services.js';

/** How much follows a signal: listeners, and what `AbortSignal.any` made of it. */
function tracesAt(signal: AbortSignal): number {
  const isOfAny = ({ description }: symbol): boolean =>
    description?.includes('kDependantSignals') === true;
  const key = Object.getOwnPropertySymbols(signal).find(isOfAny);
  // A set of Node's own, which is no Set.
  const dependants = key && (Reflect.get(signal, key) as { readonly size: number } | undefined);
  return (dependants?.size ?? 0) + getEventListeners(signal, 'abort').length;
}

describe('The signal of a caller', () => {
  let servers: TestServers;

  before(async () => {
    servers = await startServers();
  });

  after(() => servers.stop());

  it('has nothing left at it once the work has ended', async () => {
    const { signal } = new AbortController();
    const follower = AbortSignal.any([signal]);
    // Node.js 24 makes one follow only when it is listened to.
    follower.addEventListener('abort', () => undefined);
    expect(tracesAt(signal)).to.equal(1);
    await using client = connect({ address: `127.0.0.1:${servers.grpcPort}` });
    for (let n = 0; n < 3; n++) {
      await client.withLock('signal', { signal }, () => expect(tracesAt(signal)).to.equal(2));
      await client.election('signal').lead({ signal }, () => undefined);
    }
    expect(tracesAt(signal)).to.equal(1);
    expect(follower.aborted).to.equal(false);
  });

  it('aborts that of the work', async () => {
    await using client = connect({ address: `127.0.0.1:${servers.grpcPort}` });
    const stop = new AbortController();
    const options = { signal: stop.signal };
    const reason = await client.withLock('signal', options, ({ signal }) => {
      stop.abort(new Error('enough'));
      expect(signal.aborted).to.equal(true);
      return signal.reason as unknown;
    });
    expect(reason).to.include({ message: 'enough' });
    const again = new AbortController();
    const led = client.election('signal').lead({ signal: again.signal }, (leadership) => {
      again.abort(new Error('enough'));
      leadership.signal.throwIfAborted();
    });
    expect(await faultOf(led)).to.include({ message: 'enough' });
  });
});
