import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { track } from './leftovers.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cmd/shared-lock.js', import.meta.url));
const PORTS = ['--port', '0', '--grpc-port', '0'] as const;
const LIMIT_MS = 40_000;

export interface Outcome {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The built daemon as a process in a session of its own, on free ports, of which a test wants to see how it ends. */
export class ServeOutcome {
  readonly ended: Promise<Outcome>;
  readonly #child: ChildProcess;
  #out = '';
  #err = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = track(
      spawn(process.execPath, [PROGRAM, 'serve', ...PORTS, ...args], {
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        // So there is no terminal, whoever runs the tests.
        detached: true,
      }),
    );
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#out += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#err += text));
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        clearTimeout(limit);
        resolve({ code, out: this.#out, err: this.#err });
      });
    });
  }

  get out(): string {
    return this.#out;
  }

  get isReady(): boolean {
    return this.#out.includes('"msg":"ready"');
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('it did not start');
    return pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
