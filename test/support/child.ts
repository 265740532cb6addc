import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { track } from './leftovers.js';

/** A program as a process of its own. Its lines can be waited for. */
export class Program {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #reader: Interface;
  readonly #exit: Promise<unknown>;
  #errors = '';
  #waiting: (() => void)[] = [];

  /** @param env instead of this process's own. */
  constructor([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#process = track(spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] }));
    const { stdout, stderr } = this.#process;
    if (stdout === null || stderr === null) throw new Error('the child has no pipes');
    this.#exit = Promise.all([once(this.#process, 'exit'), once(stdout, 'close')]);
    this.#reader = createInterface({ input: stdout });
    this.#reader.on('line', (line) => {
      this.lines.push(line);
      this.#wake();
    });
    stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    this.#process.once('exit', () => {
      this.#wake();
    });
  }

  /** Resolves once it is true. @throws Error with what the child said, if it ends before. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.hasEnded) throw new Error(`the child ended: ${this.#errors}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  get hasEnded(): boolean {
    return this.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Null while it runs, and if a signal ended it. */
  get exitCode(): number | null {
    return this.#process.exitCode;
  }

  write(text: string): void {
    this.#process.stdin?.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** SIGKILL; resolves when it is gone and all that it printed was read. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended();
  }

  async ended(): Promise<void> {
    await this.#exit;
  }

  get errors(): string {
    return this.#errors;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** A script of this folder. */
export class Child extends Program {
  /** @param wrapper a program to run it with, e.g. `['prlimit', '--fsize=1000']`. */
  constructor(script: string, args: readonly string[], wrapper: readonly string[] = []) {
    const path = fileURLToPath(new URL(script, import.meta.url));
    super([...wrapper, process.execPath, '--import', 'tsx', path, ...args]);
  }
}
