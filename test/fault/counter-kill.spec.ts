import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { grpcClient, httpClient, WireError } from '../support/wire-client.js';
import type { WireClient } from '../support/wire-client.js';

const CALLERS = 64;
const ADDS_EACH = 16;

/** What became of the additions of all callers. */
interface Tally {
  /** The values that were answered. */
  readonly values: string[];
  /** Additions that were sent and not answered: each may have been counted or not. */
  unanswered: number;
}

describe('64 callers who add to one counter through three daemons, one of which is killed', function () {
  this.timeout(90_000);
  let etcd: Etcd;
  let daemons: DaemonProcess[];
  let clients: WireClient[];

  before(async () => {
    etcd = await startEtcd();
    const { endpoints } = etcd;
    daemons = await Promise.all([0, 1, 2].map(() => DaemonProcess.start({ endpoints })));
    // Of each daemon both wires: clients 0 to 2 are gRPC, 3 to 5 HTTP.
    clients = [
      ...daemons.map(({ grpcAddress }) => grpcClient(grpcAddress)),
      ...daemons.map(({ url }) => httpClient(url)),
    ];
  });

  after(async () => {
    for (const client of clients) client.close();
    await Promise.all(daemons.map((daemon) => daemon.dispose()));
    await etcd.dispose();
  });

  /** The client of a caller's nth daemon: it goes on at the next one when one does not answer. */
  function clientAt(turn: number): WireClient {
    const client = clients[turn % clients.length];
    if (client === undefined) throw new Error('no client');
    return client;
  }

  async function add(
    turn: number,
    request: { readonly name: string; readonly requestId?: string },
    tally: Tally,
    signal?: AbortSignal,
  ): Promise<boolean> {
    try {
      const { value } = await clientAt(turn).call('Add', { ...request, delta: 1 }, signal);
      tally.values.push(String(value));
      return true;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      expect(error.code).to.be.oneOf(['UNAVAILABLE', 'UNREACHABLE', 'ABORTED', 'CANCELLED']);
      // ABORTED says that nothing was done.
      if (error.code !== 'ABORTED') tally.unanswered++;
      return false;
    }
  }

  /** Runs all callers, and kills a daemon as soon as a third of the additions is answered. */
  async function run(
    victim: number,
    tally: Tally,
    caller: (caller: number) => Promise<void>,
  ): Promise<void> {
    const state = { running: true };
    const killed = (async () => {
      while (state.running && tally.values.length < (CALLERS * ADDS_EACH) / 3) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await daemons[victim]?.kill();
    })();
    await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
    state.running = false;
    await killed;
  }

  const valueOf = async (name: string): Promise<number> =>
    Number((await clientAt(1).call('GetCounter', { name })).value);

  it('counts what it acknowledged, and of the unanswered some: no value twice', async () => {
    const tally: Tally = { values: [], unanswered: 0 };
    await run(0, tally, async (caller) => {
      let turn = caller;
      for (let n = 0; n < ADDS_EACH; n++) {
        if (!(await add(turn, { name: 'plain' }, tally))) turn++;
      }
    });
    const final = await valueOf('plain');
    expect(tally.unanswered, 'the kill met nobody').to.be.above(0);
    expect(new Set(tally.values).size).to.equal(tally.values.length);
    expect(final).to.be.within(tally.values.length, tally.values.length + tally.unanswered);
    await daemons[0]?.startAgain();
  });

  it('counts each request id once, however often and wherever it is asked again', async () => {
    const tally: Tally = { values: [], unanswered: 0 };
    await run(2, tally, async (caller) => {
      let turn = caller;
      for (let n = 0; n < ADDS_EACH; n++) {
        const request = { name: 'by id', requestId: `caller ${caller}, ${n}` };
        // Hangs up on every second call, most of which are counted all the same.
        const hangUp = n % 2 === 0 ? AbortSignal.timeout((caller + n) % 20) : undefined;
        let isAnswered = await add(turn, request, tally, hangUp);
        while (!isAnswered) isAnswered = await add(++turn, request, tally);
      }
    });
    expect(tally.unanswered, 'the kill met nobody').to.be.above(0);
    expect(await valueOf('by id')).to.equal(CALLERS * ADDS_EACH);
    expect(new Set(tally.values).size).to.equal(CALLERS * ADDS_EACH);
    const again: Tally = { values: [], unanswered: 0 };
    await add(1, { name: 'by id', requestId: 'caller 5, 7' }, again);
    expect(tally.values).to.include(again.values[0]);
    expect(await valueOf('by id')).to.equal(CALLERS * ADDS_EACH);
  });
});
