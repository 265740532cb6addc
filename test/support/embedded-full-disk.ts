import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { grantIn } from '../e2e/worlds.js';
import { DaemonProcess } from './daemon-process.js';
import { httpClient, WireError, type Json, type Method } from './wire-client.js';

/**
 * A process of its own, to be run where the disk of `folder` is small: fills it with a daemon, kills that with SIGKILL,
 * starts it again, and frees what there is. Prints what it saw as JSON.
 */
const [folder = ''] = process.argv.slice(2);
const ballast = join(folder, 'ballast');
const daemon = await DaemonProcess.start({
  quiet: true,
  env: { SHARED_LOCK_DATA_DIR: join(folder, 'data') },
});
const client = httpClient(daemon.url);
fillUp(4 * 1024 * 1024);

/** @returns `done`, or the code of the refusal. */
async function tell(method: Method, request: Json): Promise<string> {
  try {
    await client.call(method, request);
    return 'done';
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

/** What else is on the disk: more and more, to the last byte. */
function fillUp(bytes = Infinity): void {
  const file = openSync(ballast, 'a');
  try {
    for (let each = 0; each < bytes; each += 4096) writeSync(file, Buffer.alloc(4096));
  } catch {
    // Full.
  } finally {
    closeSync(file);
  }
}

interface Held {
  readonly name: string;
  readonly leaseId: unknown;
  readonly fencingToken: unknown;
}

async function acquire(name: string, ttl: string): Promise<Held> {
  const { leaseId, fencingToken } = grantIn(await client.call('Acquire', { name, ttl }));
  return { name, leaseId, fencingToken };
}

function refusal(error: unknown): undefined {
  if (!(error instanceof WireError)) throw error;
}

async function isFree(name: string): Promise<boolean> {
  const { holders } = await client.call('GetLock', { name });
  return ((holders ?? []) as Json[]).length === 0;
}

async function until(condition: () => Promise<boolean>, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end;) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

const released = await acquire('released', '600s');
const recorded = await acquire('recorded', '600s');
const revoked = await acquire('revoked', '600s');
const beside = await acquire('beside', '600s');
await acquire('forced', '600s');
await acquire('expires', '6s');
const document = { namespace: 'n', name: 'document', document: '{}' };
await client.call('CreateConfig', document);
let messages = 0;
while ((await tell('PutMessage', { message: `${messages}`.padEnd(20_000) })) === 'done') messages++;
fillUp();
await daemon.kill();
await daemon.startAgain();

// The first write after the start is one that frees, and the third shares its way to disk with one that needs space.
const afterwards: Record<string, string> = {
  release: await tell('Release', { ...released }),
};
const together = await Promise.all([
  tell('PutMessage', { message: 'needs space'.padEnd(20_000) }),
  tell('Release', { ...beside }),
]);
const forced = { name: 'forced', reason: 'test' };
Object.assign(afterwards, {
  needsSpace: together[0],
  releaseBesides: together[1],
  releaseWithId: await tell('Release', { ...recorded, requestId: 'r-1' }),
  revoke: await tell('RevokeLease', { leaseId: revoked.leaseId }),
  force: await tell('ForceRelease', { ...forced, requestId: 'r-2' }),
  deleteConfig: await tell('DeleteConfig', { namespace: 'n', name: 'document', force: true }),
  acquire: await tell('Acquire', { name: 'another', ttl: '5s' }),
});
const expired = await until(() => isFree('expires'), 15_000);
const names = ['released', 'recorded', 'revoked', 'forced', 'beside'];
const free = (await Promise.all(names.map(isFree))).every(Boolean);
rmSync(ballast, { force: true });
let token: unknown;
const again = await until(async () => {
  // It is refused until the daemon has found out.
  token = (await acquire('released', '5s').catch(refusal))?.fencingToken;
  return token !== undefined;
}, 15_000);
client.close();
await daemon.dispose();
writeSync(
  1,
  JSON.stringify({
    messages,
    afterwards,
    expired,
    free,
    again,
    grows: Number(token) > Number(released.fencingToken),
  }),
);
