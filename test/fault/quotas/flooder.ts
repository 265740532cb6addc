/**
 * A program that asks for more than its quotas allow: `flooder.ts HTTP_PORT TOKEN MS`. It says `ready`, floods when it is sent a line, and prints
 * how often it was answered what, as JSON: statuses, and reasons of refusals. It takes what the other processes leave of the processors.
 */
import { once } from 'node:events';
import { Agent } from 'node:http';
import { constants, setPriority } from 'node:os';
import { ask } from './ask.js';

setPriority(constants.priority.PRIORITY_LOW);
const [httpPort = '', token = '', durationMs = ''] = process.argv.slice(2);
const asking = {
  httpPort: Number(httpPort),
  token,
  agent: new Agent({ keepAlive: true, maxSockets: 96 }),
};
const counts: Record<string, number> = {};

async function flood(untilMs: number, what: (n: number) => readonly [string, string, object]) {
  for (let n = 0; performance.now() < untilMs; n++) {
    const { status, body } = await ask(asking, ...what(n));
    const [reason = String(status)] = /QUOTA_[A-Z_]+/.exec(body) ?? [];
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
}

console.log('ready');
await once(process.stdin, 'data');
const untilMs = performance.now() + Number(durationMs);
const document = JSON.stringify('x'.repeat(3000));
const all = Array.from({ length: 32 }, (_, of) => [
  flood(untilMs, (n) => ['POST', `/v1/locks/noisy%2F${of}%2F${n}:acquire`, { ttl: '5s' }]),
  flood(untilMs, (n) => ['PUT', `/v1/namespaces/noisy/configs/${of}-${n}`, { document }]),
  flood(untilMs, () => ['POST', '/v1/locks/noisy%2Fheld:acquire', { ttl: '5s', wait: '1s' }]),
]);
await Promise.all(all.flat());
console.log(JSON.stringify(counts));
process.exit();
