import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { StayAlive } from '../../../src/clock/stay-alive.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Caller } from '../../../src/client/wire/caller.js';
import type { CallerParts } from '../../../src/client/wire/caller.js';

describe('The pause of a caller', () => {
  let clock: VirtualClock;
  let closing: AbortController;
  let caller: Caller;
  beforeEach(() => {
    [clock, closing] = [new VirtualClock(), new AbortController()];
    const parts = { clock, closing: closing.signal, stayAlive: new StayAlive() };
    // A pause needs nothing else.
    caller = new Caller(parts as Partial<CallerParts> as CallerParts);
  });

  it('ends at once when the client closes', async () => {
    const pause = caller.pause(1000);
    closing.abort();
    await pause;
    await caller.pause(1000);
  });

  it('ends at once when its signal aborts', async () => {
    const own = new AbortController();
    const pause = caller.pause(1000, own.signal);
    own.abort();
    await pause;
  });

  it('leaves nothing behind', async () => {
    const pause = caller.pause(1000);
    await clock.advance(1000);
    await pause;
    expect(getEventListeners(closing.signal, 'abort')).to.have.length(0);
  });
});
