import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { checkedWatch } from '../support/watch-checker.js';
import { eventually } from './worlds.js';

/** What a restart leaves of the history of an embedded store: nothing. */
describe('Watches of an embedded daemon that is started again while the watcher is away', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let proxy: TcpProxy;
  let watcher: Client;
  let writer: Client;

  beforeEach(async () => {
    daemon = await DaemonProcess.start();
    proxy = await TcpProxy.start(daemon.grpcAddress);
    watcher = connect({ address: `127.0.0.1:${proxy.port}` });
    writer = connect({ address: daemon.grpcAddress });
  });

  afterEach(async () => {
    await Promise.all([watcher.close(), writer.close()]);
    await proxy.dispose();
    await daemon.dispose();
  });

  /**
   * Watches, is cut off after `begin` has been told, while something is `missed` and the daemon is started again; then `after` happens.
   * @returns what was told.
   */
  async function told<E extends object>(
    watch: AsyncIterable<E>,
    brief: (event: E) => string,
    acts: { readonly begin: string; readonly missed: () => Promise<unknown> },
    last: string,
  ): Promise<string[]> {
    const lines: string[] = [];
    const watching = (async () => {
      for await (const event of checkedWatch(watch)) {
        lines.push(brief(event));
        if (lines.at(-1) === last) return;
      }
    })();
    await eventually('it begins', () => Promise.resolve(lines.includes(acts.begin)));
    proxy.refuse();
    proxy.cut();
    await acts.missed();
    await daemon.stop();
    await daemon.startAgain();
    proxy.heal();
    await watching;
    return lines;
  }

  it('say of a counter that changes were missed', async () => {
    const counter = writer.counter('c');
    await counter.add(1n);
    const lines = await told(
      watcher.counter('c').watch(),
      ({ value, resync }) => `${value}${resync === true ? ' RESYNC' : ''}`,
      {
        begin: '1',
        missed: async () => {
          for (let i = 0; i < 3; i++) await counter.add(1n);
        },
      },
      '4 RESYNC',
    );
    expect(lines).to.deep.equal(['1', '4 RESYNC']);
  });

  it('say so of a lock', async () => {
    const lines = await told(
      watcher.locks.watch('l'),
      (event) => `${event.kind}${'lock' in event ? ` ${event.lock.holderCount}` : ''}`,
      { begin: 'STATE 0', missed: () => writer.acquire('l', { ttlMs: 60_000 }) },
      'RESYNC 1',
    );
    expect(lines).to.deep.equal(['STATE 0', 'RESYNC 1']);
  });

  it('say so of an election', async () => {
    const lines = await told(
      watcher.election('e').observe(),
      (event) => `${event.kind}${'election' in event && event.election.leader ? ' led' : ''}`,
      { begin: 'STATE', missed: () => writer.election('e').campaign({ ttlMs: 60_000 }) },
      'RESYNC led',
    );
    expect(lines).to.deep.equal(['STATE', 'RESYNC led']);
  });

  it('say so of documents', async () => {
    const configs = writer.configs('n');
    const lines = await told(
      watcher.configs('n').watch(),
      (event) => (event.kind === 'PUT' ? `PUT ${event.config.document}` : event.kind),
      { begin: 'SYNCED', missed: () => configs.put('d', '7') },
      'PUT 7',
    );
    expect(lines).to.deep.equal(['SYNCED', 'RESYNC', 'PUT 7']);
  });
});
