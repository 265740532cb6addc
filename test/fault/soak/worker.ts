/**
 * A client process of a soak: `worker.ts SETTINGS`, in JSON. It does all that a client can do at the same time, and records it.
 * It prints `works` when it has begun. Commands come as lines: `stall MS`, `reopen`, `settle MS REVISIONS`, which it answers with `settled`, and `finish`.
 */
import { createInterface } from 'node:readline';
import { connect, type Client } from '../../../src/index.js';
import { sharedNow } from './events.js';
import { Recorder } from './history.js';
import { SeededRandom } from './random.js';
import { standForElection } from './work/elections.js';
import { Holdings } from './work/holdings.js';
import { useLocks } from './work/locks.js';
import { failureOf, Operations } from './work/operations.js';
import { changeMinds, useSessions } from './work/sessions.js';
import { count, writeDocuments } from './work/values.js';
import { Watches } from './work/watches.js';
import { CLOSE_MS, DEADLINE_MS, type Work } from './work/work.js';

export interface WorkerSettings {
  readonly who: string;
  readonly folder: string;
  readonly seed: number;
  readonly addresses: readonly string[];
}

const SAMPLE_MS = 50;
/** A turn of the event loop that took so much longer is a stall. */
const STALL_MS = 50;

const { who, folder, seed, addresses } = JSON.parse(process.argv[2] ?? '') as WorkerSettings;
const recorder = new Recorder(folder, who);
const random = new SeededRandom(seed);
const operations = new Operations(recorder, random);
const holdings = new Holdings(recorder);
const stopping = new AbortController();
let client = open();
const work: Work = {
  ...{ recorder, random, operations, holdings },
  stopping: stopping.signal,
  client: () => client,
};
const watches = new Watches(work);

process.on('unhandledRejection', (error) => {
  recorder.record({ kind: 'crashed', error: failureOf(error) });
});

let lastTickAt = sharedNow();
const ticking = setInterval(tick, SAMPLE_MS);
const working = Promise.all(
  [useLocks, useLocks, useSessions, changeMinds, standForElection, count, writeDocuments].map(
    (part) => part(work),
  ),
);
const watching = watches.run();
console.log('works');
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ms = '', rest = ''] = line.split(' ');
  if (command === 'stall') stall(Number(ms));
  else if (command === 'reopen') void reopen();
  else if (command === 'settle') {
    void watches.settle(JSON.parse(rest) as Record<string, number>, Number(ms)).then(() => {
      console.log('settled');
    });
  } else if (command === 'quiet') {
    stopping.abort();
    void working.then(() => console.log('quiet'));
  } else if (command === 'finish') break;
}
// Also where the soak has failed, and is gone.
stopping.abort();
watches.end();
await watching;
await close(client);
clearInterval(ticking);
process.stdin.destroy();

function open(): Client {
  return connect({ addresses, deadlineMs: DEADLINE_MS, owner: who });
}

/** An orderly end of a client under whose locks work goes on; the work goes on with a new client. */
async function reopen(): Promise<void> {
  const old = client;
  client = open();
  await close(old);
}

async function close(old: Client): Promise<void> {
  await operations.run({ call: 'close', thing: 'client', boundMs: CLOSE_MS }, () => old.close());
}

/** Asks what is believed, also as the first thing after a stall: then timers have not run yet. */
function tick(): void {
  const now = sharedNow();
  const lateMs = now - lastTickAt - SAMPLE_MS;
  if (lateMs > STALL_MS) recorder.record({ kind: 'stall', ms: lateMs }, now);
  holdings.sample();
  lastTickAt = sharedNow();
}

/** Stands still, as a program does that computes for long. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  holdings.sample();
}
