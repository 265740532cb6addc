import { spawn, type ChildProcess } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { track } from './leftovers.js';

const PROGRAM = fileURLToPath(new URL('../../bin/shared-lock', import.meta.url));

/** With this Node.js first, for the program to find it. */
const PATH = [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
const LIMIT_MS = 30_000;

export interface CliResult {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  /** Of the daemon; absent: none is named. */
  readonly address?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** For its standard input; absent: an empty one. */
  readonly input?: string;
}

/** The built command line as a process of its own, without a terminal even if the tests have one. */
export class CliProcess {
  readonly ended: Promise<CliResult>;
  readonly #child: ChildProcess;
  #out = '';
  #err = '';
  #heard: () => void = () => undefined;

  constructor(args: readonly string[], { address, env, input }: CliOptions = {}) {
    this.#child = track(
      spawn(PROGRAM, args, {
        detached: true,
        env: {
          PATH,
          HOME: process.env.HOME,
          ...(address === undefined ? {} : { SHARED_LOCK_ADDRESS: address }),
          ...env,
        },
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    );
    // A program that does not read its input may be gone before it is written.
    this.#child.stdin?.on('error', () => undefined).end(input ?? '');
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text;
      this.#heard();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text;
      this.#heard();
    });
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        clearTimeout(limit);
        this.#heard();
        resolve({ code, out: this.#out, err: this.#err });
      });
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('it did not start');
    return pid;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The lines of its output so far. */
  get lines(): readonly string[] {
    return this.#out.split('\n').slice(0, -1);
  }

  /** Resolves once it has printed what is looked for. @throws Error with all it said, if it ends before. */
  async says(wanted: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = wanted.exec(`${this.#out}${this.#err}`);
      if (found !== null) return found;
      if (this.hasEnded) {
        throw new Error(`it ended without ${wanted.source}:\n${this.#out}${this.#err}`);
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Also the end of what never ends: the result then has no code. */
  async kill(): Promise<CliResult> {
    this.#child.kill('SIGKILL');
    return this.ended;
  }
}

/** Runs one command to its end, for a daemon. */
export function cliFor(
  address: string,
): (args: readonly string[], options?: CliOptions) => Promise<CliResult> {
  return (args, options) => new CliProcess(args, { address, ...options }).ended;
}
