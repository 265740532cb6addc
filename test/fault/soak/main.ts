/**
 * The long form: `npm run soak`. In the environment: SOAK_ENGINE (etcd or embedded; default: one after the other), SOAK_SEED (default:
 * another one each time), SOAK_MINUTES (of work for each engine, default 5), SOAK_CLIENTS (default 4), SOAK_ROUNDS (default 1).
 */
import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { describeResult } from './report.js';
import { soak, type SoakSettings } from './soak.js';
import type { Engine } from './world.js';

const {
  SOAK_ENGINE,
  SOAK_SEED,
  SOAK_MINUTES = '5',
  SOAK_CLIENTS = '4',
  SOAK_ROUNDS = '1',
} = process.env;
const engines: readonly Engine[] =
  SOAK_ENGINE === undefined ? ['etcd', 'embedded'] : [engineOf(SOAK_ENGINE)];

let broken = 0;
for (let round = 0; round < Number(SOAK_ROUNDS); round++) {
  for (const engine of engines) {
    const settings: SoakSettings = {
      engine,
      seed: SOAK_SEED === undefined ? randomInt(1_000_000) : Number(SOAK_SEED) + round,
      clients: Number(SOAK_CLIENTS),
      daemons: engine === 'etcd' ? 2 : 1,
      calmMs: 5000,
      workMs: Number(SOAK_MINUTES) * 60_000,
    };
    const result = await soak(settings);
    console.log(describeResult(result, settings));
    broken += result.violations.length;
    if (result.violations.length === 0) await rm(result.folder, { recursive: true });
  }
}
process.exitCode = broken === 0 ? 0 : 1;

function engineOf(text: string): Engine {
  if (text === 'etcd' || text === 'embedded') return text;
  throw new Error(`SOAK_ENGINE is ${text}; give etcd or embedded`);
}
