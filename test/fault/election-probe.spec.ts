import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { httpClient } from '../support/wire-client.js';

/** What a load balancer gets. */
interface Probe {
  readonly status: number;
  /** The word for programs, of an error. */
  readonly reason: string | undefined;
}

describe('A probe of amLeader, when etcd is out of reach', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let toEtcd: TcpProxy;
  let daemon: DaemonProcess;

  before(async () => {
    etcd = await startEtcd();
    toEtcd = await TcpProxy.start(etcd.endpoints[0] ?? '');
    daemon = await DaemonProcess.start({
      endpoints: [toEtcd.endpoint],
      env: { SHARED_LOCK_ETCD_CALL_TIMEOUT: '1s' },
    });
    // Longer than the test, so that the leader leads all the time.
    await httpClient(daemon.url).call('Campaign', { name: 'e', candidate: 'me', ttl: '120s' });
  });

  after(async () => {
    await daemon.dispose();
    await toEtcd.dispose();
    await etcd.dispose();
  });

  beforeEach(() => until('the leader is known', async () => (await probe()).status === 200));
  afterEach(() => {
    toEtcd.heal();
    toEtcd.cut();
  });

  const probe = async (): Promise<Probe> => {
    const response = await fetch(`${daemon.url}/v1/elections/e:amLeader?candidate=me`);
    // A google.rpc.Status, if it is no answer.
    const body = (await response.json()) as { readonly details?: readonly { reason?: string }[] };
    return { status: response.status, reason: body.details?.[0]?.reason };
  };

  it('is answered 503 where nothing comes back', async () => {
    toEtcd.blackHole();
    expect(await probe()).to.deep.equal({ status: 503, reason: 'STORE_UNAVAILABLE' });
  });

  it('is answered 503 where no connection can be had', async () => {
    toEtcd.refuse();
    toEtcd.cut();
    expect(await probe()).to.deep.equal({ status: 503, reason: 'STORE_UNAVAILABLE' });
  });
});
