import { Fault } from '../../core/errors.js';
import type { RowDatabase, RowWrite } from './database.js';
import { decodeHead, encodeHead, FORMAT, type Head } from './record.js';
import { MARK_FILE } from './revision-mark.js';

const HEAD_ROW = 0;

/**
 * @returns undefined if nothing was ever written.
 * @throws Fault DATA_LOSS if it is corrupt, FAILED_PRECONDITION if it is of a format that is not known here.
 */
export function readHead(database: RowDatabase, folder: string): Head | undefined {
  const record = database.get('head', HEAD_ROW);
  if (record === undefined) {
    for (const _ of database.rows('entry')) {
      throw new Fault('DATA_LOSS', `${database.path} is corrupt: its head is missing`);
    }
    return undefined;
  }
  const head = inFolder(folder, () => decodeHead({ kind: 'head', row: HEAD_ROW }, record));
  if (head.format !== FORMAT) {
    throw new Fault(
      'FAILED_PRECONDITION',
      `the data in ${folder} have format ${head.format}, which this version does not know: ` +
        `start the version that wrote them`,
      { reason: 'UNKNOWN_FORMAT' },
    );
  }
  return head;
}

export function headWrite(head: Omit<Head, 'format'>): RowWrite {
  const record = encodeHead({ kind: 'head', row: HEAD_ROW }, { format: FORMAT, ...head });
  return { table: 'head', row: HEAD_ROW, record };
}

/** Adds the folder, and what to do, to what a record says about itself. */
export function inFolder<T>(folder: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(
      error.code,
      `${error.message} in ${folder}: restore the folder from a copy (without ${MARK_FILE})`,
      error.details,
    );
  }
}
