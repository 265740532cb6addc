import { createHash } from 'node:crypto';
import type { Flood } from '../flood.js';

const MESSAGE_BYTES = 200_000;

/** Messages until the store takes no more, and beyond; what it has taken is deleted in the end. */
export const messages: Flood = async (on) => {
  const taken: string[] = [];
  let number = 0;
  await on.repeat(8, async () => {
    const message = `${++number} of ${on.target.from} `.padEnd(MESSAGE_BYTES, 'x');
    const status = await on.ask('POST', '/v1/messages', JSON.stringify({ message }));
    if (status === 200) taken.push(createHash('sha256').update(message).digest('hex'));
  });
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let digest = taken.pop(); digest !== undefined; digest = taken.pop()) {
        await on.ask('DELETE', `/v1/messages/${digest}`);
      }
    }),
  );
};
