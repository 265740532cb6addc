import { expect } from 'chai';
import { freePorts } from '../../support/free-ports.js';
import { until } from '../../support/until.js';
import type { Driver } from '../driver.js';
import { sleep } from '../stage.js';
import type { Stage } from '../stage.js';

const TTL_MS = 8000;

/** Trouble that passes before the TTL is over: the client keeps what it holds, and goes on. */
export function describeOutages(stage: Stage): void {
  describe('outages', () => {
    afterEach(() => stage.clear());

    it('says within its deadline that there is no daemon', async () => {
      const [port] = await freePorts(1);
      const driver = await stage.driver([`127.0.0.1:${port ?? 0}`], { deadline_ms: 1500 });
      const began = performance.now();
      const error: unknown = await driver
        .call('lock', { lock: 'l', name: 'x', wait_ms: 0 })
        .catch((why: unknown) => why);
      expect(error).to.include({ code: 'UNAVAILABLE' });
      expect(performance.now() - began).to.be.below(6000);
    });

    it('keeps a lock over a daemon that is killed and comes back', async () => {
      const daemon = await stage.daemon();
      const driver = await holding([daemon.grpcAddress]);
      await daemon.kill();
      await daemon.startAgain();
      await expectKept(driver, daemon.grpcAddress);
    });

    it('keeps a lock over connections that are reset', async () => {
      const daemon = await stage.daemon();
      const proxy = await stage.proxy(daemon.grpcAddress);
      const driver = await holding([`127.0.0.1:${proxy.port}`], 3000);
      for (let times = 0; times < 6; times++) {
        proxy.cut();
        await sleep(700);
      }
      await expectKept(driver, daemon.grpcAddress);
    });

    it('keeps a lock over connections that are dead without a word', async () => {
      const daemon = await stage.daemon();
      const proxy = await stage.proxy(daemon.grpcAddress);
      const driver = await holding([`127.0.0.1:${proxy.port}`], 5000);
      for (let times = 0; times < 2; times++) {
        proxy.freeze();
        await sleep(3500);
      }
      await expectKept(driver, daemon.grpcAddress);
    });

    it('goes on at another daemon, with what it holds and with what it waits for', async () => {
      const etcd = await stage.etcd();
      const [one, two] = await Promise.all([
        stage.daemon({ endpoints: etcd.endpoints }),
        stage.daemon({ endpoints: etcd.endpoints }),
      ]);
      const addresses = [one.grpcAddress, two.grpcAddress];
      const driver = await holding(addresses);
      const rival = stage.rival(two.grpcAddress);
      const lock = await rival.acquire('awaited', { ttlMs: 60_000 });
      const waiting = driver.begin('lock', { lock: 'w', name: 'awaited', ttl_ms: TTL_MS });
      for await (const { kind } of rival.locks.watch('awaited')) {
        if (kind === 'QUEUED' || (await rival.locks.get('awaited')).waiterCount > 0) break;
      }
      await one.kill();
      await lock.release();
      expect(await waiting.answer).to.include({ acquired: true });
      await expectKept(driver, two.grpcAddress);
    });

    it('keeps a lock over a restart of etcd', async () => {
      const etcd = await stage.etcd();
      const daemon = await stage.daemon({ endpoints: etcd.endpoints });
      const driver = await holding([daemon.grpcAddress]);
      await etcd.restart();
      await expectKept(driver, daemon.grpcAddress);
    });

    it("keeps a lock when etcd's leader stops", async () => {
      const etcd = await stage.etcd({ members: 3 });
      const daemon = await stage.daemon({ endpoints: etcd.endpoints });
      const driver = await holding([daemon.grpcAddress]);
      await etcd.stop(await etcd.leader());
      await expectKept(driver, daemon.grpcAddress);
    });

    async function holding(addresses: readonly string[], ttlMs = TTL_MS): Promise<Driver> {
      const driver = await stage.driver(addresses);
      const taken = await driver.call('lock', { lock: 'l', name: 'kept', ttl_ms: ttlMs });
      expect(taken).to.include({ acquired: true });
      return driver;
    }

    /** It is renewed after all that. */
    async function expectKept(driver: Driver, address: string): Promise<void> {
      const rival = stage.rival(address);
      let before = Infinity;
      await until('the lock is renewed', async () => {
        const [holder] = (await rival.locks.get('kept')).holders;
        const left = holder?.remainingTtlSeconds ?? 0;
        const isRenewed = left > before + 0.5;
        before = left;
        return isRenewed;
      });
      expect(driver.told({ event: 'lost', lock: 'l' })).to.deep.equal([]);
      expect(await driver.call('held', { lock: 'l' })).to.deep.equal({ held: true });
      expect(await driver.call('release', { lock: 'l' })).to.deep.equal({ released: true });
    }
  });
}
