import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { constants } from 'node:os';
import { expect } from 'chai';
import { freePorts } from '../support/free-ports.js';
import { ServeOutcome } from '../support/serve-outcome.js';
import { until } from '../support/until.js';

/** At once: most of a start is waiting. */
const STARTS = 4;
/** Node has no ear for it by itself. */
const { SIGUSR2 } = constants.signals;

/** Whether a process listens to a signal. */
function catches(pid: number, signal: number): boolean {
  const mask = /^SigCgt:\t(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${mask}`) & (1n << BigInt(signal - 1))) !== 0n;
}

describe('A start whose etcd does not answer', function () {
  this.timeout(90_000);
  let silent: Server;
  let silentAddress: string;
  before(async () => {
    // It takes connections and says nothing.
    silent = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    silentAddress = `127.0.0.1:${(silent.address() as AddressInfo).port}`; // it listens on TCP
  });
  after(() => silent.close());

  const serve = (etcd: string): ServeOutcome => new ServeOutcome(['--etcd', etcd]);

  const cases: readonly (readonly [string, (ports: readonly number[]) => string])[] = [
    ['nobody listens', ([port = 0]) => `127.0.0.1:${port}`],
    ['nobody listens at any of three', (ports) => ports.map((port) => `127.0.0.1:${port}`).join()],
    ['nobody listens, with TLS', ([port = 0]) => `https://127.0.0.1:${port}`],
    ['there is no such name', () => 'no-such-name.invalid:2379'],
    ['it takes connections and says nothing', () => silentAddress],
    ['one is silent, and others refuse', ([port = 0]) => `${silentAddress},127.0.0.1:${port}`],
  ];
  for (const [what, etcd] of cases) {
    it(`ends with 69 and says so: ${what}`, async () => {
      const list = etcd(await freePorts(3));
      const starts = Array.from({ length: STARTS }, () => serve(list));
      for (const { code, out, err } of await Promise.all(starts.map(({ ended }) => ended))) {
        expect(err).to.match(/^shared-lock: etcd does not answer: [^\n]+\n$/);
        expect(out).to.contain('"msg":"the daemon can not start"');
        expect(code).to.equal(69);
      }
    });
  }

  for (const [what, etcd] of [
    ['refuses', () => '127.0.0.1:1'],
    ['says nothing', () => silentAddress],
  ] as const) {
    it(`ends with 0 soon after SIGTERM: etcd ${what}`, async () => {
      const start = serve(etcd());
      await until('it takes signals', () => catches(start.pid, SIGUSR2));
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const sentAtMs = performance.now();
      start.signal('SIGTERM');
      const { code, out, err } = await start.ended;
      expect(performance.now() - sentAtMs).to.be.below(4000);
      expect({ code, err }).to.deep.equal({ code: 0, err: '' });
      expect(out).to.match(/"msg":"stopping"[^]*"msg":"stopped"/);
    });
  }

  it('ends well by a SIGTERM that comes while its program is still being loaded', async () => {
    // With the other storages it may be ready before it looks whether a signal has come: all is loaded in one go.
    const start = new ServeOutcome(['--etcd', '127.0.0.1:1'], {
      // The moment that its process takes signals: before it has loaded what it logs with.
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
        "process.on('newListener', (name) => { if (name === 'SIGTERM') queueMicrotask(() => process.kill(process.pid, 'SIGTERM')); });",
      )}`,
    });
    const { code, out, err } = await start.ended;
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out).to.contain('"msg":"stopped"').and.not.to.contain('"msg":"ready"');
  });
});
