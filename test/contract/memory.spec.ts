import { SystemClock } from '../../src/clock/system-clock.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import { storeContract } from './store-contract.js';

storeContract('memory', {
  open: () => {
    const store = new MemoryStore({ clock: new SystemClock() });
    return Promise.resolve({
      store,
      compact: (revision) => {
        store.compact(revision);
        return Promise.resolve();
      },
      close: () => store.close(),
    });
  },
});
