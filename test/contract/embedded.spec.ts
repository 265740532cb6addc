import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../src/clock/system-clock.js';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { storeContract } from './store-contract.js';

storeContract('embedded', {
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shared-lock-contract-'));
    const store = await EmbeddedStore.open({ folder, clock: new SystemClock() });
    return {
      store,
      compact: (revision) => {
        store.compact(revision);
        return Promise.resolve();
      },
      close: async () => {
        await store.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
});
