// Preloaded into a daemon under test: writes into the file LOOP_PROBE_FILE how much CPU time the thread of the event loop used
// between two ticks that should be 5 ms apart, where that is much: a line each, `wall clock ms, CPU ms`. As no tick can come while
// the loop is kept, that is the longest block, and up to 5 ms more. CPU time and not time, so that a busy machine does not count.
import { appendFileSync, readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const TICK_MS = 5;
const WORTH_TELLING_MS = 10;

/** The main thread has the number of the process. */
const schedstat = `/proc/self/task/${process.pid}/schedstat`;

function cpuMs() {
  return Number(readFileSync(schedstat, 'utf8').split(' ')[0]) / 1e6;
}

if (isMainThread && process.env.LOOP_PROBE_FILE !== undefined) {
  const file = process.env.LOOP_PROBE_FILE;
  let before = cpuMs();
  setInterval(() => {
    const now = cpuMs();
    const used = now - before;
    before = now;
    if (used >= WORTH_TELLING_MS) appendFileSync(file, `${Date.now()} ${used.toFixed(1)}\n`);
  }, TICK_MS).unref();
}
