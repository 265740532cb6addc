import { expect } from 'chai';
import type { DaemonProcess } from '../../support/daemon-process.js';
import type { Driver } from '../driver.js';
import type { Stage } from '../stage.js';

/** Counters and documents, and writes that only the holder may do. */
export function describeData(stage: Stage): void {
  describe('counters and documents', () => {
    let daemon: DaemonProcess;
    let driver: Driver;

    before(async () => {
      daemon = await stage.daemon();
      driver = await stage.driver([daemon.grpcAddress]);
    });

    after(() => stage.clear());

    it('counts under a lock, and not after it', async () => {
      await driver.call('lock', { lock: 'a', name: 'fence', wait_ms: 0 });
      const add = { name: 'hits', delta: '9007199254740993', under: 'a' };
      expect(await driver.call('counter_add', add)).to.deep.equal({
        value: '9007199254740993',
        previous: '0',
      });
      await driver.call('release', { lock: 'a' });
      const error: unknown = await driver.call('counter_add', add).catch((why: unknown) => why);
      expect(error).to.include({ code: 'FAILED_PRECONDITION', reason: 'STALE_TOKEN' });
    });

    it('counts under a term', async () => {
      await driver.call('elect', { lock: 'e', name: 'fence', candidate: 'me' });
      const added = await driver.call('counter_add', { name: 'term', delta: '-3', under: 'e' });
      expect(added.value).to.equal('-3');
      await driver.call('release', { lock: 'e' });
    });

    it('writes, patches and reads documents, and only the version that it knows', async () => {
      const about = { namespace: 'n', name: 'doc' };
      const put = await driver.call('config_put', { ...about, document: '{"a": 1}' });
      expect(put.version).to.equal(0);
      await driver.call('config_patch', { ...about, patch: '{"b":2}' });
      const error: unknown = await driver
        .call('config_put', { ...about, document: '{}', if_match: put.etag })
        .catch((why: unknown) => why);
      expect(error).to.include({ code: 'FAILED_PRECONDITION', reason: 'ETAG_MISMATCH' });
      const got = await driver.call('config_get', about);
      expect(got).to.include({ version: 1, document: '{"a":1,"b":2}' });
    });

    it('says that there is no such document', async () => {
      const error: unknown = await driver
        .call('config_get', { namespace: 'n', name: 'none' })
        .catch((why: unknown) => why);
      expect(error).to.include({ code: 'NOT_FOUND' });
    });

    it('tells each change of a document once, over a daemon that is killed and comes back', async () => {
      const about = { namespace: 'watched', name: 'doc' };
      await driver.call('config_watch', { watch: 'w', namespace: 'watched' });
      await driver.event({ event: 'config', watch: 'w', kind: 'SYNCED' });
      await driver.call('config_put', { ...about, document: '0' });
      await driver.event({ event: 'config', watch: 'w', kind: 'PUT', version: 0 });
      await daemon.kill();
      await daemon.startAgain();
      await driver.call('config_put', { ...about, document: '1' });
      await driver.event({ event: 'config', watch: 'w', kind: 'PUT', version: 1 });
      await driver.call('config_put', { ...about, document: '2' });
      await driver.event({ event: 'config', watch: 'w', kind: 'PUT', version: 2 });
      for (const version of [0, 1, 2]) {
        expect(driver.told({ event: 'config', watch: 'w', kind: 'PUT', version })).to.have.length(
          1,
        );
      }
    });

    it('counts once though the answer is lost', async () => {
      const proxy = await stage.proxy(daemon.grpcAddress);
      const cut = await stage.driver([`127.0.0.1:${proxy.port}`], { deadline_ms: 15_000 });
      await cut.call('counter_add', { name: 'once', delta: '1' });
      proxy.hold('toClient');
      const adding = cut.begin('counter_add', { name: 'once', delta: '1' });
      const rival = stage.rival(daemon.grpcAddress);
      for await (const { value } of rival.counter('once').watch()) if (value === 2n) break;
      proxy.cut();
      proxy.heal();
      expect(await adding.answer).to.deep.equal({ value: '2', previous: '1' });
      expect(await rival.counter('once').get()).to.equal(2n);
    });
  });
}
