import { SystemClock } from '../../src/clock/system-clock.js';
import { EtcdStore } from '../../src/store/etcd/etcd-store.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { storeContract } from './store-contract.js';

describe('on a real etcd', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  before(async () => {
    etcd = await startEtcd();
  });
  after(() => etcd.dispose());

  storeContract('etcd', {
    open: async () => {
      const store = await EtcdStore.open({
        endpoints: etcd.endpoints,
        clock: new SystemClock(),
        daemonRoot: '/contract.daemon/',
      });
      return {
        store,
        compact: (revision) => etcd.compact(revision),
        close: () => store.close(),
      };
    },
  });
});
