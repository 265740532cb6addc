import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Shutdown } from '../../../src/daemon/shutdown.js';
import { SILENT } from '../../support/silent-logger.js';

describe('the shutdown', () => {
  const clock = new VirtualClock();
  const messages: string[] = [];
  const keep = (message: string): void => void messages.push(message);
  const logger = { ...SILENT, warn: keep, error: keep };
  let shutdown: Shutdown;
  let order: string[];
  beforeEach(() => {
    shutdown = new Shutdown(clock, logger);
    order = [];
    messages.length = 0;
  });

  it('stops the parts in reverse, each after the one before has stopped', async () => {
    shutdown.add('first', () => void order.push('first'));
    shutdown.add('second', async () => {
      await Promise.resolve();
      order.push('second');
    });
    await shutdown.run();
    expect(order).to.deep.equal(['second', 'first']);
  });

  it('goes on after a part that fails', async () => {
    shutdown.add('first', () => void order.push('first'));
    shutdown.add('second', () => Promise.reject(new Error('no')));
    shutdown.add('third', () => {
      throw new Error('no');
    });
    await shutdown.run();
    expect(order).to.deep.equal(['first']);
    expect(messages).to.have.lengthOf(2);
  });

  it('goes on after a part that does not end', async () => {
    shutdown.add('first', () => void order.push('first'));
    shutdown.add('second', () => new Promise<void>(() => undefined), 1000);
    const done = shutdown.run();
    await clock.advance(999);
    expect(order).to.deep.equal([]);
    await clock.advance(1);
    await done;
    expect(order).to.deep.equal(['first']);
    expect(messages[0]).to.contain('took too long');
  });

  it('stops nothing twice', async () => {
    shutdown.add('first', () => void order.push('first'));
    await shutdown.run();
    await shutdown.run();
    expect(order).to.deep.equal(['first']);
  });
});
