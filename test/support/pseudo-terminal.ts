import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { track } from './leftovers.js';

const LIMIT_MS = 60_000;

/** The keys that mean something to a terminal. */
export const KEYS = { interrupt: '\u0003', quit: '\u001c', stop: '\u001a', end: '\u0004' } as const;

/** An interactive shell, or another program, at a terminal of its own, made by `script` of util-linux. */
export class PseudoTerminal {
  readonly ended: Promise<number | null>;
  readonly #script: ChildProcess;
  #shown = '';
  #heard: () => void = () => undefined;

  /** @param line for the shell. @param env beside PATH and HOME. */
  constructor(line: string, env: Readonly<Record<string, string>> = {}) {
    this.#script = track(
      spawn('script', ['-qfec', line, '/dev/null'], {
        env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'dumb', PS1: '$ ', ...env },
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    this.#script.stdin?.on('error', () => undefined); // it may be gone
    this.#script.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text.replaceAll('\r', '');
      this.#heard();
    });
    const limit = setTimeout(() => this.#script.kill('SIGKILL'), LIMIT_MS);
    this.ended = once(this.#script, 'close').then(([code]) => {
      clearTimeout(limit);
      this.#heard();
      return code as number | null;
    });
  }

  /** All that it has shown, what was typed included. */
  get shown(): string {
    return this.#shown;
  }

  type(text: string): void {
    this.#script.stdin?.write(text);
  }

  /** Types a line, and resolves once it has shown what is looked for, behind what it had shown before. @throws Error if it ends. */
  async enter(line: string, wanted: RegExp): Promise<RegExpExecArray> {
    const from = this.#shown.length;
    this.type(`${line}\n`);
    return this.#find(wanted, from);
  }

  /** Types a key, as `enter`. */
  async press(key: string, wanted: RegExp): Promise<RegExpExecArray> {
    const from = this.#shown.length;
    this.type(key);
    return this.#find(wanted, from);
  }

  /** Resolves once it has shown it. */
  says(wanted: RegExp): Promise<RegExpExecArray> {
    return this.#find(wanted, 0);
  }

  async #find(wanted: RegExp, from: number): Promise<RegExpExecArray> {
    for (;;) {
      const found = wanted.exec(this.#shown.slice(from));
      if (found !== null) return found;
      if (this.#script.exitCode !== null || this.#script.signalCode !== null)
        throw new Error(`it ended without ${wanted.source}:\n${this.#shown}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** Hangs up. */
  async close(): Promise<void> {
    this.#script.kill('SIGKILL');
    await this.ended;
  }
}
