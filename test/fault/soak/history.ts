import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { sharedNow, type Fact, type SoakEvent } from './events.js';

const SUFFIX = '.jsonl';

/**
 * The history of one process: a file with an event a line. Each is written at once, so that a process that is killed has
 * recorded all that it knew.
 */
export class Recorder {
  readonly who: string;
  readonly #file: number;

  constructor(folder: string, who: string) {
    this.who = who;
    this.#file = openSync(join(folder, `${who}${SUFFIX}`), 'a');
  }

  /** @param at when it was, if not now. */
  record(fact: Fact, at: number = sharedNow()): void {
    writeSync(this.#file, `${JSON.stringify({ at, who: this.who, ...fact })}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** All that was recorded in a folder, in the order of the stamps. */
export function readHistory(folder: string): SoakEvent[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(SUFFIX));
  const events = files.flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'));
  return events.flatMap(parsed).sort((one, other) => one.at - other.at);
}

function parsed(line: string): SoakEvent[] {
  try {
    return [JSON.parse(line) as SoakEvent]; // written by a Recorder
  } catch {
    // The last line of a process that was killed; and the empty one at the end.
    return [];
  }
}
