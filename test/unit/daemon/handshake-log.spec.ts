import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { HandshakeLog } from '../../../src/daemon/handshake-log.js';
import { SILENT } from '../../support/silent-logger.js';

describe('the log of failed handshakes', () => {
  let clock: VirtualClock;
  let lines: unknown[];
  let log: HandshakeLog;
  beforeEach(() => {
    clock = new VirtualClock();
    lines = [];
    const warn = (message: string, fields?: object): void =>
      void lines.push({ message, ...fields });
    log = new HandshakeLog(clock, { ...SILENT, warn });
  });

  const failed = (peer: string): void => log.add({ wire: 'grpc', peer, reason: 'r' });
  const line = (peer: string, more: object = {}): object => ({
    ...{ message: 'a TLS handshake failed', wire: 'grpc', peer, reason: 'r' },
    ...more,
  });

  it('has the first one at once', () => {
    failed('a');
    expect(lines).to.deep.equal([line('a')]);
  });

  it('has one a second of many, with the number of the others', async () => {
    for (const peer of ['a', 'b', 'c', 'd']) failed(peer);
    expect(lines).to.have.length(1);
    await clock.advance(1000);
    expect(lines).to.deep.equal([line('a'), line('d', { suppressed: 2 })]);
    failed('e');
    await clock.advance(1000);
    expect(lines.slice(2)).to.deep.equal([line('e')]);
  });

  it('has each one of few', async () => {
    failed('a');
    await clock.advance(1500);
    failed('b');
    expect(lines).to.deep.equal([line('a'), line('b')]);
  });
});
