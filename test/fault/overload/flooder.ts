/**
 * A program that floods a daemon: `flooder.ts HTTP_PORT GRPC_PORT FROM`. It reads lines `MS NAME,NAME,…`, runs these floods at once for
 * so long, and prints how often each did what it does, as JSON. It takes what the other processes leave of the processors.
 */
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { Flooding, type Flood } from './flood.js';
import { FLOODS } from './floods/all.js';

setPriority(constants.priority.PRIORITY_LOW);
const [httpPort = '', grpcPort = '', from = ''] = process.argv.slice(2);
const target = { httpPort: Number(httpPort), grpcPort: Number(grpcPort), from };

async function run(name: string, durationMs: number): Promise<readonly [string, number]> {
  const flood = (FLOODS as Record<string, Flood | undefined>)[name];
  if (flood === undefined) throw new Error(`no flood ${name}`);
  const flooding = new Flooding(target, durationMs);
  await flood(flooding);
  flooding.close();
  return [name, flooding.count];
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [ms = '', names = ''] = line.split(' ');
  const counts = await Promise.all(names.split(',').map((name) => run(name, Number(ms))));
  console.log(JSON.stringify(Object.fromEntries(counts)));
}
