import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import { patience } from '../../../src/server/grpc/patience.js';

describe('the time that a caller has to send something', () => {
  let caller: Socket;
  let accepted: Socket;
  const server = createServer();

  beforeEach(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [accepted] = (await once(server, 'connection')) as [Socket];
  });

  afterEach(() => {
    caller.destroy();
    accepted.destroy();
    server.close();
  });

  function block(ms: number): void {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs);
  }

  it('is over when nothing has come', async () => {
    await new Promise<void>((resolve) => patience(new SystemClock(), 20, resolve));
    expect(accepted.bytesRead).to.equal(0);
  });

  it('is not over when something has come that we had no time to read', async () => {
    let isOver = false;
    const timer = patience(new SystemClock(), 50, () => (isOver = true));
    accepted.once('data', () => timer.cancel());
    caller.write('x');
    block(150);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(accepted.bytesRead).to.equal(1);
    expect(isOver).to.equal(false);
  });
});
