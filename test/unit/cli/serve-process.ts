import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ended {
  readonly code: number | null;
  readonly stderr: string;
  readonly stdout: string;
}

export interface Ready {
  readonly httpPort: number;
  readonly grpcPort: number;
}

/** `shared-lock serve` as a process, from the sources. */
export class ServeProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  #onLine: () => void = () => undefined;

  /**
   * @param uid of the user that it runs as; absent: ours.
   * @param output a file descriptor for its log, which is not read here then.
   */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    uid?: number,
    output: number | 'pipe' = 'pipe',
  ) {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('SHARED_LOCK_'),
    );
    this.#child = spawn(
      process.execPath,
      ['--import=tsx/esm', 'cmd/shared-lock.ts', 'serve', ...args],
      {
        env: { ...Object.fromEntries(inherited), ...env },
        stdio: ['ignore', output, 'pipe'],
        ...(uid === undefined ? {} : { uid }),
      },
    );
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#onLine();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        resolve({ code, stderr: this.#stderr, stdout: this.#stdout });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The log so far. */
  get log(): readonly Readonly<Record<string, unknown>>[] {
    return this.#stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>); // each log line is an object
  }

  /** The line that says that it is ready. Rejects if the process ends before. */
  ready(): Promise<Ready> {
    return this.logged('ready').then(
      (line) => line as unknown as Ready, // the daemon's contract, which the tests use
    );
  }

  /** The first line of the log with this message. */
  logged(message: string): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      this.#onLine = () => {
        const line = this.log.find(({ msg }) => msg === message);
        if (line !== undefined) resolve(line);
      };
      this.#onLine();
      void this.ended.then(({ code, stderr }) => {
        reject(new Error(`ended with ${code} before it said "${message}": ${stderr}`));
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'shared-lock-serve-'));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
