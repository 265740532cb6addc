import { expect } from 'chai';
import type { DaemonProcess } from '../../support/daemon-process.js';
import type { Etcd } from '../../support/etcd.js';
import type { Driver, Line } from '../driver.js';
import { sleep } from '../stage.js';
import type { Stage } from '../stage.js';

const TTL_MS = 3000;

/** Locks that are lost: the client tells before another is granted the lock. Two daemons on one etcd; the client knows the first. */
export function describeLosses(stage: Stage): void {
  describe('losses', () => {
    let etcd: Etcd;
    let daemon: DaemonProcess;
    let second: DaemonProcess;

    before(async function () {
      this.timeout(60_000);
      etcd = await stage.etcd();
      daemon = await stage.daemon({ endpoints: etcd.endpoints });
      second = await stage.daemon({ endpoints: etcd.endpoints });
    });

    after(() => stage.clear());

    it('is told of a loss before another is granted the lock: the daemon stands still', async () => {
      const driver = await holder('paused', [daemon.grpcAddress]);
      daemon.signal('SIGSTOP');
      await lostBeforeSuccession(driver, 'paused', 'UNREACHABLE');
      daemon.signal('SIGCONT');
    });

    it('likewise: nothing goes through any more', async () => {
      const proxy = await stage.proxy(daemon.grpcAddress);
      const driver = await holder('cut-off', [`127.0.0.1:${proxy.port}`]);
      proxy.blackHole();
      await lostBeforeSuccession(driver, 'cut-off', 'UNREACHABLE');
    });

    it('likewise: no connection comes to be any more', async () => {
      const proxy = await stage.proxy(daemon.grpcAddress);
      const driver = await holder('refused', [`127.0.0.1:${proxy.port}`]);
      proxy.refuse();
      proxy.cut();
      await lostBeforeSuccession(driver, 'refused', 'UNREACHABLE');
    });

    it('likewise: the daemon is killed', async () => {
      const driver = await holder('killed', [daemon.grpcAddress]);
      await daemon.kill();
      await lostBeforeSuccession(driver, 'killed', 'UNREACHABLE');
      await daemon.startAgain();
    });

    it('likewise: a leader', async () => {
      const proxy = await stage.proxy(daemon.grpcAddress);
      const driver = await stage.driver([`127.0.0.1:${proxy.port}`]);
      await driver.call('elect', { lock: 'l', name: 'led', candidate: 'me', ttl_ms: TTL_MS });
      const election = stage.rival(second.grpcAddress).election('led');
      const next = election.campaign({ candidate: 'rival' }).then(() => Date.now());
      proxy.blackHole();
      const lost = await driver.event({ event: 'lost', lock: 'l', why: 'UNREACHABLE' });
      expect(lost.at_ms).to.be.below(await next);
    });

    it('does nothing more under a lock that was lost while its process stood still', async () => {
      const driver = await holder('stopped', [daemon.grpcAddress]);
      await driver.call('work', { lock: 'l', every_ms: 20 });
      await driver.event({ event: 'work', lock: 'l' });
      driver.pause();
      const pausedAt = Date.now();
      const lock = await stage.rival(second.grpcAddress).acquire('stopped');
      driver.resume();
      const lost = await driver.event({ event: 'lost', lock: 'l' });
      await sleep(300);
      expect(lost.why).to.equal('UNREACHABLE');
      const late = driver
        .told({ event: 'work' })
        .filter(({ at_ms }) => Number(at_ms) > pausedAt + 50);
      expect(late).to.deep.equal([]);
      expect(await driver.call('held', { lock: 'l' })).to.deep.equal({ held: false });
      expect(await driver.call('release', { lock: 'l' })).to.deep.equal({ released: false });
      lock.assertHeld();
      await lock.confirm();
    });

    it('is told that an operator took the lock away', async () => {
      const driver = await holder('forced', [daemon.grpcAddress]);
      const rival = stage.rival(second.grpcAddress);
      await rival.locks.forceRelease('forced', { reason: 'a test' });
      await driver.event({ event: 'lost', lock: 'l', why: 'PREEMPTED' });
      expect(driver.told({ event: 'lost' })).to.have.length(1);
      expect(await driver.call('held', { lock: 'l' })).to.deep.equal({ held: false });
    });

    it('loses one lock of a session to an operator, and keeps the others', async () => {
      const driver = await stage.driver([daemon.grpcAddress]);
      await driver.call('session', { session: 's', ttl_ms: TTL_MS });
      for (const name of ['taken', 'left']) {
        await driver.call('lock', { lock: name, name, session: 's', wait_ms: 0 });
      }
      const rival = stage.rival(second.grpcAddress);
      await rival.locks.forceRelease('taken', { reason: 'a test' });
      await driver.event({ event: 'lost', lock: 'taken', why: 'PREEMPTED' });
      await sleep(TTL_MS / 2);
      expect(await driver.call('held', { lock: 'left' })).to.deep.equal({ held: true });
      expect(driver.told({ event: 'lost', lock: 'left' })).to.deep.equal([]);
    });

    if (!stage.entry.without.includes('hold')) {
      it('likewise before another is granted it: a lock that is tied to its stream', async () => {
        const proxy = await stage.proxy(daemon.grpcAddress);
        const driver = await stage.driver([`127.0.0.1:${proxy.port}`]);
        await driver.call('hold', { lock: 'l', name: 'tied', ttl_ms: TTL_MS, wait_ms: 0 });
        proxy.blackHole();
        await lostBeforeSuccession(driver, 'tied', 'UNREACHABLE');
      });
    }

    async function holder(name: string, addresses: readonly string[]): Promise<Driver> {
      const driver = await stage.driver(addresses);
      const taken = await driver.call('lock', { lock: 'l', name, ttl_ms: TTL_MS, wait_ms: 0 });
      expect(taken).to.include({ acquired: true });
      return driver;
    }

    async function lostBeforeSuccession(driver: Driver, name: string, why: string): Promise<void> {
      const granted = stage
        .rival(second.grpcAddress)
        .acquire(name)
        .then(() => Date.now());
      const lost: Line = await driver.event({ event: 'lost', lock: 'l' });
      expect(lost.why).to.equal(why);
      expect(lost.at_ms).to.be.below(await granted);
      expect(await driver.call('held', { lock: 'l' })).to.deep.equal({ held: false });
    }
  });
}
