/**
 * A program that holds a lock, the lock of a session, the term of a leader, and works under `withLock`, each under its way's name;
 * and asks combined signals of them all the time: `client-signals.ts ADDRESS TTL_MS`. It prints `held` once it has all, then for
 * each `last WAY NANOSECONDS`: before when it last asked and was told that it is not aborted, on the clock that all processes of
 * the machine share.
 */
import { connect } from '../../src/index.js';

interface Given {
  readonly signal: AbortSignal;
}

const [address = '', ttl = ''] = process.argv.slice(2);
const ttlMs = Number(ttl);
const client = connect({ address });
// Something else that may end the work, and does not.
const stop = new AbortController();

const lock = await client.acquire('lock', { ttlMs });
const session = await client.lease({ ttlMs });
await session.acquire('session');
/** The signal that work gets which never ends. */
const signalOf = (
  begin: (work: (given: Given) => Promise<void>) => unknown,
): Promise<AbortSignal> =>
  new Promise((resolve) => {
    begin(({ signal }) => {
      resolve(signal);
      return new Promise(() => undefined);
    });
  });
const options = { ttlMs, signal: stop.signal };
const ledBy = await signalOf((work) => client.election('lead').lead(options, work));
const underLock = await signalOf((work) => client.withLock('withLock', options, work));
const signals: [string, AbortSignal][] = [
  ['lock', lock.signalWith(stop.signal)],
  ['session', session.signalWith(stop.signal, AbortSignal.timeout(60_000))],
  ['lead', ledBy],
  ['withLock', underLock],
];
console.log('held');

for (const [way, signal] of signals) {
  let lastNs = 0n;
  const ask = (): void => {
    const nowNs = process.hrtime.bigint();
    if (signal.aborted) {
      console.log(`last ${way} ${lastNs}`);
      return;
    }
    lastNs = nowNs;
    setImmediate(ask);
  };
  ask();
}
