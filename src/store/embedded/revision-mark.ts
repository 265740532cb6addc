import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Fault } from '../../core/errors.js';
import type { Revision } from '../store.js';

/** What the file beside the data says about revisions. */
export interface Mark {
  /** Of the data that it belongs to. */
  readonly instance: string;
  /** The data had this revision when the mark was written: data below it is an older copy. */
  readonly atLeast: Revision;
  /** Revisions up to this one may have been given out. After a clean stop it is the last one. */
  readonly reserved: Revision;
}

export const MARK_FILE = 'revision.high';

/** @returns undefined if there is none. @throws Fault DATA_LOSS if it can't be understood. */
export async function readMark(folder: string): Promise<Mark | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, MARK_FILE), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const [, sum, json] = /^([0-9a-f]{8}) (.*)\n$/.exec(text) ?? [];
  if (sum === undefined || json === undefined || sum !== checksum(json)) {
    throw new Fault('DATA_LOSS', `${join(folder, MARK_FILE)} is corrupt`);
  }
  // The shape is ours once the sum is right.
  return JSON.parse(json) as Mark;
}

/** Replaces the mark, all or nothing, and returns once that is on disk. */
export async function writeMark(folder: string, mark: Mark): Promise<void> {
  const json = JSON.stringify(mark);
  const path = join(folder, MARK_FILE);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${checksum(json)} ${json}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}
