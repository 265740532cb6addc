import { closingContract } from './closing.js';
import { comparesContract } from './compares.js';
import { concurrencyContract } from './concurrency.js';
import { keysContract } from './keys.js';
import { leasesContract } from './leases.js';
import { operationsContract } from './operations.js';
import { readsContract } from './reads.js';
import { revisionsContract } from './revisions.js';
import { serialOrderContract } from './serial-order.js';
import { Subject, type Factory } from './subject.js';
import { watchesContract } from './watches.js';

/** Every sentence of the port, as tests, on one engine. */
export function storeContract(name: string, factory: Factory): void {
  describe(`the store's contract: ${name}`, function () {
    this.timeout(30_000);
    const subject = new Subject();
    before(() => subject.open(factory));
    after(() => subject.close());
    beforeEach(() => {
      subject.nextTest();
    });

    comparesContract(subject);
    operationsContract(subject);
    readsContract(subject);
    revisionsContract(subject);
    keysContract(subject);
    leasesContract(subject);
    watchesContract(subject);
    concurrencyContract(subject);
    serialOrderContract(subject);
    closingContract(factory);
  });
}
