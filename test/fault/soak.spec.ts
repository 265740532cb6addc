/**
 * The short form of the soak; `npm run soak` is the long one. SOAK_SEED runs another seed. Needs the built program.
 */
import { rm } from 'node:fs/promises';
import { describeResult } from './soak/report.js';
import { soak, type SoakSettings } from './soak/soak.js';

const { SOAK_SEED = '1' } = process.env;
const SHORT = { seed: Number(SOAK_SEED), calmMs: 2000 } as const;
const RUNS: readonly SoakSettings[] = [
  { ...SHORT, engine: 'etcd', clients: 3, daemons: 2, workMs: 10_000 },
  { ...SHORT, engine: 'embedded', clients: 2, daemons: 1, workMs: 6000 },
];

describe('Clients that do all that they can while everything is broken', function () {
  this.timeout(180_000);

  for (const settings of RUNS) {
    it(`find all promises kept on ${settings.engine}`, async () => {
      const result = await soak(settings);
      const said = describeResult(result, settings);
      if (result.violations.length > 0) throw new Error(said);
      console.log(`      ${said}`);
      await rm(result.folder, { recursive: true });
    });
  }
});
