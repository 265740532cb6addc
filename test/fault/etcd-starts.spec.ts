import { expect } from 'chai';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { ServeOutcome } from '../support/serve-outcome.js';
import { until } from '../support/until.js';

const READY_MS = 30_000;

describe('A daemon that stops, and starts again, beside a member of etcd that stands still', function () {
  this.timeout(180_000);
  let etcd: Etcd;
  before(async () => (etcd = await startEtcd({ members: 3 })));
  after(() => etcd.dispose());

  const start = async (endpoints: readonly string[]): Promise<ServeOutcome> => {
    const daemon = new ServeOutcome(['--etcd', endpoints.join(',')]);
    await until('it is ready', () => daemon.isReady, READY_MS);
    return daemon;
  };
  const stop = async (daemon: ServeOutcome): Promise<void> => {
    daemon.signal('SIGTERM');
    const { code, out, err } = await daemon.ended;
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out).to.contain('"msg":"stopped"');
  };

  for (const victim of [0, 1, 2]) {
    it(`ends well and is ready again if it knows the others: member ${victim}`, async () => {
      const daemon = await start(etcd.endpoints);
      etcd.pause(victim);
      try {
        await stop(daemon);
        await stop(await start(etcd.endpoints));
      } finally {
        etcd.resume(victim);
      }
    });
  }

  it('ends well, and then says why it can not start, if it knows no other', async () => {
    const [only = ''] = etcd.endpoints;
    const daemon = await start([only]);
    etcd.pause(0);
    try {
      await stop(daemon);
      const { code, out, err } = await new ServeOutcome(['--etcd', only]).ended;
      expect(code).to.equal(69);
      expect(out).to.contain('"msg":"the daemon can not start"');
      expect(err).to.match(/^shared-lock: etcd does not answer: [^\n]+\n$/);
    } finally {
      etcd.resume(0);
    }
  });
});
