import { expect } from 'chai';
import type { DaemonProcess } from '../../support/daemon-process.js';
import { until } from '../../support/until.js';
import { CommandError } from '../driver.js';
import type { Driver } from '../driver.js';
import { sleep } from '../stage.js';
import type { Stage } from '../stage.js';

/** With CONFORMANCE_WAITS=2000 it takes longer. */
const WAITS = Number(process.env.CONFORMANCE_WAITS ?? 200);

/** What a client does while nothing goes wrong: one daemon, two drivers. */
export function describeLocks(stage: Stage): void {
  describe('locks', () => {
    let daemon: DaemonProcess;
    let driver: Driver;
    let other: Driver;

    before(async () => {
      const env = { SHARED_LOCK_LIMIT_WAITERS_PER_LOCK: String(Math.max(WAITS, 1000)) };
      daemon = await stage.daemon({ env });
      driver = await stage.driver([daemon.grpcAddress], { owner: 'first' });
      // So many at once take a while where other programs run too.
      const deadline_ms = Math.max(10_000, WAITS * 20);
      other = await stage.driver([daemon.grpcAddress], { owner: 'second', deadline_ms });
    });

    after(() => stage.clear());

    it('takes a lock, is refused it while another holds it, and has a higher token then', async () => {
      const first = await driver.call('lock', { lock: 'a', name: 'basic', wait_ms: 0 });
      expect(first).to.include({ acquired: true });
      expect(await driver.call('held', { lock: 'a' })).to.deep.equal({ held: true });
      const refused = await other.call('lock', { lock: 'a', name: 'basic', wait_ms: 0 });
      expect(refused).to.deep.equal({ acquired: false });
      expect(await driver.call('release', { lock: 'a' })).to.deep.equal({ released: true });
      expect(await driver.call('held', { lock: 'a' })).to.deep.equal({ held: false });
      const second = await other.call('lock', { lock: 'a', name: 'basic', wait_ms: 0 });
      expect(second.token).to.be.above(Number(first.token));
      await other.call('release', { lock: 'a' });
    });

    it('waits as long as it was told, and is then refused', async () => {
      await driver.call('lock', { lock: 'b', name: 'wait', wait_ms: 0 });
      const began = performance.now();
      const refused = await other.call('lock', { lock: 'b', name: 'wait', wait_ms: 700 });
      expect(refused).to.deep.equal({ acquired: false });
      expect(performance.now() - began).to.be.within(690, 5000);
      await driver.call('release', { lock: 'b' });
    });

    it('says what is wrong, by code and reason', async () => {
      const error = await driver.call('lock', { lock: 'x', name: '../x', wait_ms: 0 }).catch(asIs);
      expect(error).to.include({ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' });
    });

    it('keeps a lock for longer than its TTL', async () => {
      const { token } = await driver.call('lock', { lock: 'c', name: 'kept', ttl_ms: 1500 });
      await sleep(4000);
      expect(await driver.call('held', { lock: 'c' })).to.deep.equal({ held: true });
      const lock = await stage.rival(daemon.grpcAddress).locks.get('kept');
      expect(lock.holders[0]?.fencingToken).to.equal(token);
      await driver.call('release', { lock: 'c' });
    });

    it('leaves nothing of a wait that was given up', async () => {
      await driver.call('lock', { lock: 'd', name: 'given-up', wait_ms: 0 });
      const waiting = other.begin('lock', { lock: 'd', name: 'given-up' });
      await untilWaiters('given-up', 1);
      await other.call('cancel', { call: waiting.id });
      expect(await waiting.answer.catch(asIs)).to.include({ code: 'CANCELLED' });
      await untilWaiters('given-up', 0);
      await driver.call('release', { lock: 'd' });
      const again = await driver.call('lock', { lock: 'd', name: 'given-up', wait_ms: 3000 });
      expect(again).to.include({ acquired: true });
      await driver.call('release', { lock: 'd' });
    });

    it('holds several locks with one session, which ends all of them', async () => {
      await driver.call('session', { session: 's', ttl_ms: 5000 });
      for (const name of ['s1', 's2']) {
        const taken = await driver.call('lock', { lock: name, name, session: 's', wait_ms: 0 });
        expect(taken).to.include({ acquired: true });
      }
      await driver.call('release', { lock: 's1' });
      const again = await driver.call('lock', {
        lock: 's1',
        name: 's1',
        session: 's',
        wait_ms: 2000,
      });
      expect(again).to.include({ acquired: true });
      expect(await driver.call('revoke', { session: 's' })).to.deep.equal({ revoked: true });
      expect(await driver.call('held', { lock: 's2' })).to.deep.equal({ held: false });
      for (const name of ['s1', 's2']) {
        const taken = await other.call('lock', { lock: name, name, wait_ms: 0 });
        expect(taken).to.include({ acquired: true });
        await other.call('release', { lock: name });
      }
    });

    it('leads, is observed, and resigns for the one who waits', async () => {
      await other.call('observe', { watch: 'w', name: 'election' });
      await other.event({ event: 'leader', watch: 'w', candidate: null });
      const term = await driver.call('elect', { lock: 'e', name: 'election', candidate: 'one' });
      await other.event({ event: 'leader', watch: 'w', candidate: 'one' });
      const next = other.begin('elect', { lock: 'e', name: 'election', candidate: 'two' });
      expect(await driver.call('release', { lock: 'e' })).to.deep.equal({ released: true });
      expect((await next.answer).token).to.be.above(Number(term.token));
      await other.event({ event: 'leader', watch: 'w', candidate: 'two' });
      await other.call('release', { lock: 'e' });
    });

    it(`grants a lock to ${WAITS} who wait, to one at a time`, async function () {
      this.timeout(30_000 + WAITS * 100);
      await driver.call('lock', { lock: 'w', name: 'many', wait_ms: 0 });
      let held = 0;
      let most = 0;
      const tokens: number[] = [];
      const waits = Array.from({ length: WAITS }, async (_, index) => {
        const lock = `w${index}`;
        const { token } = await other.call('lock', { lock, name: 'many', ttl_ms: 30_000 });
        tokens.push(Number(token));
        most = Math.max(most, ++held);
        held -= 1;
        await other.call('release', { lock });
      });
      // Whoever is refused ends it.
      await Promise.race([untilWaiters('many', WAITS), Promise.all(waits)]);
      await driver.call('release', { lock: 'w' });
      await Promise.all(waits);
      expect(most).to.equal(1);
      expect(tokens).to.deep.equal([...tokens].sort((a, b) => a - b));
      expect(new Set(tokens).size).to.equal(WAITS);
    });

    if (!stage.entry.without.includes('hold')) {
      it('frees a lock that is tied to its stream as soon as its process has ended', async () => {
        const short = await stage.driver([daemon.grpcAddress]);
        const hold = { lock: 'h', name: 'hold', ttl_ms: 60_000, wait_ms: 0 };
        expect(await short.call('hold', hold)).to.include({ acquired: true });
        expect(await driver.call('hold', hold)).to.deep.equal({ acquired: false });
        await short.kill();
        const next = await driver.call('hold', { ...hold, wait_ms: 10_000 });
        expect(next).to.include({ acquired: true });
        expect(await driver.call('release', { lock: 'h' })).to.deep.equal({ released: true });
        const free = await other.call('lock', { lock: 'h', name: 'hold', wait_ms: 0 });
        expect(free).to.include({ acquired: true });
        await other.call('release', { lock: 'h' });
      });
    }

    it('gives back what it holds when it is closed', async () => {
      const closing = await stage.driver([daemon.grpcAddress]);
      await closing.call('lock', { lock: 'a', name: 'closed', ttl_ms: 60_000 });
      const waiting = closing.begin('lock', { lock: 'b', name: 'closed' });
      await untilWaiters('closed', 1);
      await closing.call('close');
      expect(await waiting.answer.catch(asIs)).to.include({ code: 'CANCELLED' });
      const free = await other.call('lock', { lock: 'f', name: 'closed', wait_ms: 5000 });
      expect(free).to.include({ acquired: true });
      await other.call('release', { lock: 'f' });
    });

    async function untilWaiters(name: string, count: number): Promise<void> {
      const rival = stage.rival(daemon.grpcAddress);
      const limitMs = 10_000 + count * 50;
      await until(
        `${count} wait for ${name}`,
        async () => {
          // Each look at many of them is work for the daemon.
          await sleep(count / 10);
          return (await rival.locks.get(name)).waiterCount === count;
        },
        limitMs,
      );
      await rival.close();
    }
  });
}

function asIs(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  throw error;
}
