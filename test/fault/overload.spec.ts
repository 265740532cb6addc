/**
 * Whoever floods a daemon costs nobody a lock, neither those who were connected before nor those who have to connect meanwhile. Each flood
 * is short here; OVERLOAD_SECONDS makes them longer. Linux only, and with the built program.
 */
import { expect } from 'chai';
import { etcdWorld } from '../e2e/worlds.js';
import { manyLocks } from '../support/many-locks.js';
import { MeasuredDaemon } from '../support/measured-daemon.js';
import { FLOODS, type FloodName } from './overload/floods/all.js';
import { Stand, type Outcome } from './overload/stand.js';

const FLOOD_MS = Number(process.env.OVERLOAD_SECONDS ?? '2.5') * 1000;
const TTL_MS = 5000;

/** For an answer to those who ask whether the daemon lives; longer where others have the processors, since caches are cold then too. */
const HEALTH_MS = 1000;

/** In CPU time, so also on a machine where all takes long: what comes first may have to wait for a few of them. Up to 130 ms were seen. */
const BLOCK_MS = 300;

/**
 * A heap that nobody limits grows to some 200 MiB under load before it is tidied up; there are 64 MiB of data at most, and requests and answers
 * of 128 MiB in buffers, and what the libraries keep of thousands of streams. Up to 640 MiB were seen.
 */
const PEAK_MEBIBYTES = 960;

/** Fewer and smaller than by default, where a flood would take long to reach a limit. */
const ENV = {
  SHARED_LOCK_LOOPBACK_SHARES: 'true',
  SHARED_LOCK_SERVER_READ_TIMEOUT: '2s',
  SHARED_LOCK_LIMIT_CONNECTIONS: '2000',
  SHARED_LOCK_LIMIT_LEASES: '5000',
  SHARED_LOCK_LIMIT_CONFIG_VERSIONS: '2',
};
const ENV_EMBEDDED = { ...ENV, SHARED_LOCK_LIMIT_DATA_BYTES: String(64 * 1024 * 1024) };

const ALL = Object.keys(FLOODS) as FloodName[];

/** What loads most, all at once. */
const MIX: readonly FloodName[] = [
  'pipelinedLists',
  'renewalsOfNothing',
  'contestedLists',
  'hostileJson',
  'leavers',
  'unreadLists',
  'trickle',
];

/** Where the store is another process, which answers in the order of asking. */
const ON_ETCD: readonly FloodName[] = ['renewalsOfNothing', 'manyLeases', 'churn'];

/** On a machine that gives these processes a third of its time, 5 s are what 15 s are elsewhere. */
const LONGEST_TTL_MS = 20_000;

async function flood(stand: Stand, names: readonly FloodName[]): Promise<void> {
  let outcome = await stand.flood(names, FLOOD_MS, TTL_MS);
  tell(outcome);
  if (outcome.troubles.length > 0 && outcome.slowdown > 1.25) {
    const ttlMs = Math.min(LONGEST_TTL_MS, Math.ceil(outcome.slowdown) * TTL_MS);
    outcome = await stand.flood(names, FLOOD_MS, ttlMs);
    tell(outcome);
  }
  expect(outcome.troubles).to.deep.equal([]);
  expect(outcome.worstHealthMs, '/livez').to.be.below(HEALTH_MS * Math.min(3, outcome.slowdown));
  expect(outcome.longestBlockMs, 'block').to.be.below(BLOCK_MS);
  expect(outcome.peakMebibytes, 'memory').to.be.below(PEAK_MEBIBYTES);
  expect(outcome.calm, 'calm').to.be.a('number');
  const times = Object.values(outcome.counts).reduce((sum, count) => sum + count, 0);
  expect(times, 'flood').to.be.above(10);
}

function tell({ counts, calm, ...outcome }: Outcome): void {
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  const said = [
    JSON.stringify(counts),
    `renewal ${ms(outcome.worstRenewalMs)}`,
    `of those connected before ${ms(outcome.worstSettledMs)}`,
    `/livez ${ms(outcome.worstHealthMs)}`,
    `block ${ms(outcome.longestBlockMs)}`,
    `${outcome.peakMebibytes.toFixed(0)} MiB`,
    `calm after ${typeof calm === 'number' ? ms(calm) : calm}`,
    `slowed down ${outcome.slowdown.toFixed(1)} times by others`,
    ...outcome.troubles,
  ];
  console.log(`      ${said.join(', ')}`);
}

describe('Callers who flood the daemon', function () {
  this.timeout(4 * FLOOD_MS + 120_000);

  context('on embedded', () => {
    let stand: Stand;

    before(async () => {
      const measured = await MeasuredDaemon.start({ env: ENV_EMBEDDED, quiet: true });
      await manyLocks(measured.daemon);
      stand = await Stand.open(measured, 2);
    });

    after(() => stand.close());

    for (const name of ALL) it(`cost nobody a lock: ${name}`, () => flood(stand, [name]));

    it('cost nobody a lock, many kinds at once', () => flood(stand, MIX));
  });

  context('on etcd', () => {
    let world: Awaited<ReturnType<typeof etcdWorld>>;
    let stand: Stand;

    before(async () => {
      world = await etcdWorld();
      const { endpoints } = world.etcd;
      const measured = await MeasuredDaemon.start({ endpoints, env: ENV, quiet: true });
      await manyLocks(measured.daemon);
      stand = await Stand.open(measured, 2);
    });

    after(async () => {
      await stand.close();
      await world.close();
    });

    for (const name of ON_ETCD) it(`cost nobody a lock: ${name}`, () => flood(stand, [name]));

    it('cost nobody a lock, many kinds at once', () => flood(stand, MIX));
  });
});
