import { clientsHere } from './driver.js';
import { describeData } from './situations/data.js';
import { describeLocks } from './situations/locks.js';
import { describeLosses } from './situations/losses.js';
import { describeOutages } from './situations/outages.js';
import { Stage } from './stage.js';

/** One suite for all clients: clients/conformance/README.md. */
for (const entry of clientsHere()) {
  describe(`the ${entry.name} client`, function () {
    this.timeout(60_000);
    const stage = new Stage(entry);

    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.error(stage.errors);
    });

    describeLocks(stage);
    describeData(stage);
    describeLosses(stage);
    describeOutages(stage);
  });
}
