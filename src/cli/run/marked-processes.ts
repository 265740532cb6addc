import type { Processes } from './processes.js';
import { entryOf, processTable } from './process-table.js';
import type { Entry } from './process-table.js';

/** In the environment of the command, and of all that it starts: a mark for each `run` that it is in. */
const VARIABLE = 'SHARED_LOCK_RUN';

/** Of a process that is just being started there may be nothing to read at one moment. */
const QUIET_LOOKS = 3;

/** The environment of a command, with one mark more. */
export function marked(env: NodeJS.ProcessEnv, mark: string): NodeJS.ProcessEnv {
  const outer = env[VARIABLE];
  return { ...env, [VARIABLE]: outer === undefined ? mark : `${outer} ${mark}` };
}

export interface MarkedOptions {
  /** A process that is one of them whatever is in its environment. */
  readonly root?: number;
  /** Only those of this session. */
  readonly session?: number;
}

/**
 * The processes that have a mark in their environment, and all that descend from them, dead ones left out. They are looked for in
 * /proc; where there is none, none are found.
 */
export class MarkedProcesses implements Processes {
  readonly #mark: string;
  readonly #root: Entry | undefined;
  readonly #session: number | undefined;
  #quietLooks = 0;

  constructor(mark: string, { root, session }: MarkedOptions = {}) {
    this.#mark = mark;
    this.#root = root === undefined ? undefined : entryOf(root);
    this.#session = session;
  }

  signal(signal: NodeJS.Signals): void {
    // Those that a process started while it was looked at are found by the next look, which ends with no new one.
    const sent = new Set<number>();
    for (let isNew = true; isNew;) {
      isNew = false;
      for (const { pid } of this.#find()) {
        if (sent.has(pid)) continue;
        sent.add(pid);
        isNew = signal === 'SIGKILL';
        send(pid, signal);
      }
    }
  }

  /** After three looks in a row that found none. */
  areGone(): boolean {
    this.#quietLooks = this.#find().length === 0 ? this.#quietLooks + 1 : 0;
    return this.#quietLooks >= QUIET_LOOKS;
  }

  #find(): readonly Entry[] {
    const table = processTable();
    const found = new Set<Entry>();
    const add = (entry: Entry): void => {
      if (found.has(entry)) return;
      found.add(entry);
      for (const child of table) if (child.parent === entry.pid) add(child);
    };
    for (const entry of table) if (this.#isRoot(entry) || this.#isMarked(entry)) add(entry);
    return [...found].filter(
      ({ isDead, session }) => !isDead && session === (this.#session ?? session),
    );
  }

  /** The number of a process that is gone may be another's by now. */
  #isRoot({ pid, startedAt }: Entry): boolean {
    return pid === this.#root?.pid && startedAt === this.#root.startedAt;
  }

  #isMarked(entry: Entry): boolean {
    const [, value = ''] = new RegExp(`\\0${VARIABLE}=([^\\0]*)`).exec(entry.environment()) ?? [];
    return value.split(' ').includes(this.#mark);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile, or become another user's.
  }
}
