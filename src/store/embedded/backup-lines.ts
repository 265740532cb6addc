import { Fault } from '../../core/errors.js';
import type { RowWrite, Table } from './database.js';
import { decodeEntry, decodeHead, decodeLease, FORMAT, sumOf, type Head } from './record.js';

/**
 * The text of a backup: a first line, a line for each row that was read or written while it was made, in the order of
 * time, and a last line. Of a row its last line counts. A record carries its sum, and the head what all together must
 * be: so nothing can be missing, changed, or older than the rest.
 */
export const FIRST_LINE = 'shared-lock backup 1';
export const LAST_LINE = 'end';

/** In the place of the last line, and what is wrong after it. */
export const ERROR_WORD = 'error ';

const NOTHING = '-';
const TABLES: ReadonlySet<string> = new Set<Table>(['entry', 'lease', 'head']);

/** `entry 17 5f3a9c01 […]`; of a row that was removed `entry 17 -`. */
export function lineOf({ table, row, record }: RowWrite): string {
  return `${table} ${row} ${record === undefined ? NOTHING : textOf(record)}\n`;
}

/** What a backup holds: rows that have a record, and what the head says of them. */
export interface Backup {
  readonly head: Head;
  readonly rows: readonly Required<RowWrite>[];
}

/**
 * Reads a whole backup.
 * @param source what its messages name it.
 * @throws Fault DATA_LOSS if it is none, is cut off (CUT_OFF) or damaged; FAILED_PRECONDITION if it is of another version.
 */
export async function readBackup(source: string, lines: AsyncIterable<string>): Promise<Backup> {
  const rows = new Map<string, RowWrite>();
  let number = 0;
  let isComplete = false;
  for await (const line of lines) {
    number += 1;
    if (line.startsWith(ERROR_WORD)) throw cutOff(source, line.slice(ERROR_WORD.length));
    if (number === 1) checkFirst(source, line);
    else if (isComplete) throw corrupt(source, 'something follows its end');
    else if (line === LAST_LINE) isComplete = true;
    else {
      const write = parse(line);
      if (write === undefined) throw corrupt(source, `line ${number} is not as it was written`);
      const place = `${write.table} ${write.row}`;
      if (write.record === undefined) rows.delete(place);
      else rows.set(place, write);
    }
  }
  if (!isComplete) throw cutOff(source, 'its end is missing');
  return whole(source, [...rows.values()] as Required<RowWrite>[]);
}

function checkFirst(source: string, line: string): void {
  if (line === FIRST_LINE) return;
  if (/^shared-lock backup \d+$/.test(line)) {
    throw new Fault(
      'FAILED_PRECONDITION',
      `${source} is a backup of a form that this version does not know: restore it with the version that made it`,
      { reason: 'UNKNOWN_FORMAT' },
    );
  }
  throw corrupt(source, 'it does not begin as a backup does');
}

function parse(line: string): RowWrite | undefined {
  const [, table, digits, rest] = /^([a-z]+) (\d{1,15}) (.+)$/s.exec(line) ?? [];
  if (table === undefined || !TABLES.has(table) || rest === undefined) return undefined;
  // Checked above.
  const place = { table: table as Table, row: Number(digits) };
  return rest === NOTHING ? { ...place, record: undefined } : { ...place, record: recordOf(rest) };
}

function whole(source: string, rows: readonly Required<RowWrite>[]): Backup {
  let head: Head | undefined;
  const found = { entry: 0, lease: 0, sum: 0 };
  for (const { table, row, record = Buffer.alloc(0) } of rows) {
    if (table === 'head') {
      head = checked(source, () => decodeHead({ kind: 'head', row }, record));
      continue;
    }
    const decode = table === 'entry' ? decodeEntry : decodeLease;
    checked(source, () => decode({ kind: table, row }, record));
    found[table] += 1;
    found.sum ^= sumOf(record);
  }
  if (head?.format !== FORMAT) throw corrupt(source, 'its head is missing');
  const { entries, leases, sum = found.sum } = head;
  if (entries !== found.entry || leases !== found.lease || sum !== found.sum) {
    throw corrupt(source, 'records are missing, or are not the latest');
  }
  return { head, rows: rows.filter(({ table }) => table !== 'head') };
}

function checked<T>(source: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw error instanceof Fault ? corrupt(source, error.message) : error;
  }
}

function corrupt(source: string, how: string): Fault {
  return new Fault('DATA_LOSS', `${source} is no whole backup: ${how}`, {
    reason: 'CORRUPT_BACKUP',
  });
}

/** What is there of it may be right; the whole may be had by another try. */
function cutOff(source: string, how: string): Fault {
  return new Fault('DATA_LOSS', `${source} is no whole backup: ${how}`, { reason: 'CUT_OFF' });
}

function textOf(record: Buffer): string {
  return `${record.toString('hex', 0, 4)} ${record.toString('utf8', 4)}`;
}

function recordOf(text: string): Buffer {
  return Buffer.concat([Buffer.from(text.slice(0, 8), 'hex'), Buffer.from(text.slice(9))]);
}
