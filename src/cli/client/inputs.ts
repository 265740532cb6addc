import { readFileSync } from 'node:fs';
import { Argument, Option } from 'commander';
import { EXIT } from '../../core/exit-codes.js';
import { CommandFailure } from './failure.js';

/** What a command line may have to say at all: the API's longest texts have 1 MiB. */
const MAX_INPUT_BYTES = 4 * 1024 * 1024;

/**
 * Who has a lease ID may renew and release, and everybody on a machine sees the arguments of its programs: so it may
 * come in by a variable or standard input as well.
 */
const LEASE_HELP = 'the ID that it was created with; - reads it from standard input';

export const LEASE_NOTES =
  'A lease ID is as good as a key: others on this machine can see it among the arguments of a\n' +
  'program. Where that matters, put it into SHARED_LOCK_LEASE, or on standard input with "-".';

export function leaseArgument(): Argument {
  return new Argument('[lease]', `${LEASE_HELP} (env: SHARED_LOCK_LEASE)`);
}

export function leaseOption(what: string): Option {
  return new Option('--lease <id>', `${what}: ${LEASE_HELP}`);
}

/**
 * @param example a command line that gives a lease, without the program's name.
 * @throws CommandFailure with that example if there is none.
 */
export async function requiredLease(given: string | undefined, example: string): Promise<string> {
  const id = await optionalLease(given ?? process.env.SHARED_LOCK_LEASE);
  if (id !== undefined) return id;
  const place = example.includes(' --lease ') ? 'with --lease' : 'as an argument';
  throw new CommandFailure(
    EXIT.usage,
    `which lease? Give its ID ${place} (- reads it from standard input), or in SHARED_LOCK_LEASE; ` +
      `such as: shared-lock ${example}`,
  );
}

/** @throws CommandFailure for what is no lease ID; it is not repeated, lest it land in a log. */
export async function optionalLease(given: string | undefined): Promise<string | undefined> {
  if (given === undefined || given === '') return undefined;
  const id = (given === '-' ? await readStdin() : given).trim();
  if (/^[1-9][0-9]{0,18}$/.test(id)) return id;
  throw new CommandFailure(EXIT.usage, 'a lease ID is a number from 1 to 9223372036854775807');
}

export function fileOption(): Option {
  return new Option('-f, --file <path>', 'read it from this file');
}

/**
 * A text that is an argument, `-` for standard input, or in a file.
 * @throws CommandFailure if it is none of these, or both.
 */
export async function inputText(
  what: string,
  argument: string | undefined,
  file: string | undefined,
): Promise<string> {
  if ((argument === undefined) === (file === undefined)) {
    throw new CommandFailure(
      EXIT.usage,
      `give the ${what} as an argument, with --file, or - for standard input`,
    );
  }
  if (file !== undefined) return utf8(readFile(file), file);
  return argument === '-' ? readStdin() : (argument ?? '');
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(EXIT.ioErr, `the file can't be read: ${why}`);
  }
}

async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) {
    process.stderr.write('shared-lock: reading standard input; end it with Ctrl-D\n');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const buffer = Buffer.from(chunk as Uint8Array); // no encoding is set
    bytes += buffer.length;
    if (bytes > MAX_INPUT_BYTES) {
      throw new CommandFailure(EXIT.dataErr, `standard input: more than ${MAX_INPUT_BYTES} bytes`);
    }
    chunks.push(buffer);
  }
  return utf8(Buffer.concat(chunks), 'standard input');
}

/** @throws CommandFailure for other bytes: they would be replaced without a word. */
function utf8(bytes: Buffer, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandFailure(EXIT.dataErr, `${source}: is not UTF-8`);
  }
}
