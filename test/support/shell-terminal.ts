import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { track } from './leftovers.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cmd/shared-lock.js', import.meta.url));
const LIMIT_MS = 30_000;

export type ShellName = 'bash' | 'zsh' | 'fish';

/** Without anybody's settings. */
const SHELLS: Readonly<Record<ShellName, { readonly start: string; readonly load: string }>> = {
  bash: {
    start: 'bash --norc --noprofile -i',
    load: 'bind "set bell-style none"; source ./completion',
  },
  zsh: {
    start: 'zsh -f -i',
    load: 'unsetopt beep; autoload -Uz compinit && compinit -u -D && source ./completion',
  },
  fish: { start: 'fish --no-config --interactive', load: 'source ./completion' },
};

/** A shell at a terminal of its own, in an empty folder, where `shared-lock` says which words it was given. */
export class ShellTerminal {
  readonly folder: string;
  readonly #child: ChildProcess;
  #out = '';
  #heard: () => void = () => undefined;

  /** @param completion the script for that shell. @throws Error if it is not installed. */
  constructor(name: ShellName, completion: string, env: Readonly<Record<string, string>>) {
    for (const program of [name, 'script']) requireProgram(program);
    this.folder = mkdtempSync(join(tmpdir(), 'sl-shell-'));
    const bin = join(this.folder, 'shared-lock');
    writeFileSync(join(this.folder, 'completion'), completion);
    writeFileSync(
      bin,
      `#!/bin/sh
[ "$1" = complete-names ] && exec '${process.execPath}' '${PROGRAM}' "$@"
printf 'WORDS'; printf '<%s>' "$@"; printf 'END\\n'
`,
    );
    chmodSync(bin, 0o755);
    const { start, load } = SHELLS[name];
    this.#child = track(
      spawn('script', ['-qfec', start, '/dev/null'], {
        cwd: this.folder,
        env: {
          ...{ PATH: `${this.folder}${delimiter}${process.env.PATH ?? ''}`, HOME: this.folder },
          ...{ TERM: 'dumb', LANG: 'C.UTF-8', ...env },
          // A shell that is ended may write its history when the folder is being removed.
          ...{ HISTFILE: '/dev/null', fish_history: '' },
        },
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    );
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text;
      this.#heard();
    });
    this.#child.once('close', () => this.#heard());
    this.#type(`${load}\r`);
  }

  /** Types a line, with tabs where it is to be completed. @returns the words that `shared-lock` was then given. */
  async words(keys: string): Promise<readonly string[]> {
    const before = this.#out.length;
    this.#type(`${keys}\r`);
    const text = await this.#says(/WORDS((?:<[^]*>)?)END\r?\n/, before);
    return text.slice(1, -1).split('><');
  }

  /** Lets the shell end by itself, and what it started with it. */
  async dispose(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (this.#child.exitCode !== null) resolve();
      else this.#child.once('close', () => resolve());
    });
    this.#type('\u0003exit\r');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS);
    await ended;
    clearTimeout(timer);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  async #says(wanted: RegExp, from: number): Promise<string> {
    const untilMs = performance.now() + LIMIT_MS;
    for (;;) {
      const found = wanted.exec(this.#out.slice(from));
      if (found !== null) return found[1] ?? '';
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || this.#child.exitCode !== null) {
        throw new Error(`no ${wanted.source} at the terminal:\n${this.#out}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** No test is left out for want of a shell. */
function requireProgram(name: string): void {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const isThere = folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!isThere)
    throw new Error(`${name} is not installed (Debian, Ubuntu: apt-get install ${name})`);
}
