import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { CliProcess, cliFor } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { eventually } from './worlds.js';

describe('shared-lock lock hold', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let cli: ReturnType<typeof cliFor>;
  let client: Client;
  before(async () => {
    daemon = await DaemonProcess.start();
    cli = cliFor(daemon.grpcAddress);
    client = connect({ address: daemon.grpcAddress });
  });
  after(async () => {
    await client.close();
    await daemon.dispose();
  });

  const hold = (...args: string[]): CliProcess =>
    new CliProcess(['lock', 'hold', ...args], { address: daemon.grpcAddress });
  const isHeld = async (name: string): Promise<boolean> =>
    (await client.locks.get(name)).holderCount > 0;

  it('prints the lease, renews the lock, and releases it when a signal ends it', async () => {
    const holder = hold('kept', '--ttl', '1s', '--owner', 'ann');
    const [, token] = await holder.says(
      /lock "kept" is yours until this ends; fencing token (\d+)\n/,
    );
    const [lease = ''] = holder.lines;
    expect(lease).to.match(/^[1-9][0-9]*$/);
    // Far beyond its TTL.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const { holders } = await client.locks.get('kept');
    expect(holders).to.containSubset([{ owner: 'ann', fencingToken: Number(token) }]);
    expect((await client.leases.get(lease)).holds).to.containSubset([{ name: 'kept' }]);
    holder.signal('SIGTERM');
    expect(await holder.ended).to.include({ code: 143, out: `${lease}\n` });
    expect(await isHeld('kept')).to.equal(false);
  });

  it('waits for the lock, and leaves the queue when it is ended', async () => {
    await using other = await client.acquire('awaited');
    const holder = hold('awaited');
    const isAwaited = async (): Promise<boolean> =>
      (await client.locks.get('awaited')).waiterCount > 0;
    await eventually('it waits', isAwaited);
    holder.signal('SIGINT');
    expect(await holder.ended).to.include({ code: 130, out: '' });
    await eventually('it is gone', async () => !(await isAwaited()));
    const second = hold('awaited');
    await eventually('it waits', isAwaited);
    await other.release();
    await second.says(/is yours/);
    second.signal('SIGINT');
    expect((await second.ended).code).to.equal(130);
  });

  it('ends with 75 if somebody else has it for longer than it may wait', async () => {
    await using _ = await client.acquire('taken', { owner: 'alice' });
    const plain = await cli(['lock', 'hold', 'taken', '--wait', '100ms']);
    expect(plain).to.include({ code: 75, out: '' });
    expect(plain.err).to.contain('alice');
    const { code, out } = await cli(['lock', 'hold', 'taken', '--wait', '0s', '-o', 'json']);
    expect(code).to.equal(75);
    expect(JSON.parse(out)).to.containSubset({ acquired: false, holders: [{ owner: 'alice' }] });
  });

  it('ends with 70 and the reason if the lock is taken away', async () => {
    const holder = hold('forced');
    await holder.says(/is yours/);
    await client.locks.forceRelease('forced', { reason: 'host is gone' });
    const { code, err } = await holder.ended;
    expect(code).to.equal(70);
    expect(err).to.contain('host is gone');
  });

  it('ends with 70, by its own clock, if no daemon renews it', async () => {
    const away = await DaemonProcess.start();
    const holder = new CliProcess(['lock', 'hold', 'cut', '--ttl', '2s', '--timeout', '500ms'], {
      address: away.grpcAddress,
    });
    await holder.says(/is yours/);
    await away.kill();
    const { code, err } = await holder.ended;
    await away.dispose();
    expect(code).to.equal(70);
    expect(err).to.match(/\nshared-lock: lock "cut" .*\n$/);
  });
});
