import type { DaemonProcess } from './daemon-process.js';
import type { Json } from './wire-client.js';

const MANY_LOCKS = 2000;

/** Many locks, one in sixteen with somebody who waits; and one that a crowd shares with large values. */
export async function manyLocks({ url }: DaemonProcess): Promise<void> {
  const acquire = (name: string, request: Json): Promise<unknown> =>
    fetch(`${url}/v1/locks/${name}:acquire`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ttl: '600s', ...request }),
    }).then((response) => response.text());
  for (let n = 0; n < MANY_LOCKS; n += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, i) => acquire(`many${n + i}`, {})));
  }
  for (let n = 0; n < MANY_LOCKS; n += 16) void acquire(`many${n}`, { wait: '600s' }).catch(String);
  for (let n = 0; n < 100; n++) {
    await acquire('crowd', { mode: 'SHARED', value: 'v'.repeat(60_000) });
  }
}
