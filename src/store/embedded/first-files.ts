import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FILE, LOCK_FILE } from './data-file.js';
import { isFull, noSpace } from './space.js';

/** More than LMDB needs for its table of readers and for a database with nothing in it. */
const FIRST_BYTES = 256 * 1024;

/**
 * Finds out whether a new folder has space for LMDB's files before LMDB makes them: one it writes through a map of
 * memory, where a full disk ends the process by SIGBUS, the other it leaves half made.
 * @throws Fault RESOURCE_EXHAUSTED if not.
 */
export function checkFirstSpace(folder: string): void {
  const data = join(folder, DATA_FILE);
  if (bytesOf(data) >= FIRST_BYTES && bytesOf(join(folder, LOCK_FILE)) > 0) return;
  const trial = `${data}.new`;
  const file = openSync(trial, 'w', 0o600);
  try {
    const zeros = Buffer.alloc(FIRST_BYTES);
    for (let at = 0; at < FIRST_BYTES;) at += writeSync(file, zeros, at);
    fsyncSync(file);
  } catch (error) {
    throw isFull(error) ? noSpace(data, error) : error;
  } finally {
    closeSync(file);
    rmSync(trial, { force: true });
  }
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
