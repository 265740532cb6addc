import { open } from 'node:fs/promises';
import { MAX_TOKEN } from './token-text.js';

/** For a line break at the end, and to see that there is more. */
const MAX_BYTES = MAX_TOKEN + 16;

/** A file that has a token, and may have a line break after it. @throws Error of the system. */
export async function readTokenFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(MAX_BYTES);
    let length = 0;
    // A pipe gives it piece by piece.
    for (let read = -1; read !== 0 && length < MAX_BYTES; length += read) {
      ({ bytesRead: read } = await file.read(bytes, length, MAX_BYTES - length));
    }
    return bytes.toString('latin1', 0, length).trim();
  } finally {
    await file.close();
  }
}
