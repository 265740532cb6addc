import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { signalGroup } from './group.js';
import type { FromGuard, ToGuard } from './messages.js';

/** How a command ended. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  /** It could not be run. */
  | { readonly kind: 'failed'; readonly code: string }
  /** The process that ran it is gone, and so the command was killed. */
  | { readonly kind: 'unguarded' };

/** The file is guard.js when built, and guard.ts in the sources. */
const GUARD = fileURLToPath(
  new URL(`./guard${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** A command in a process group of its own, under a guard that kills it once its time is over. */
export class GuardedCommand {
  readonly ended: Promise<CommandEnd>;
  /** Resolves when it runs, or never will. */
  readonly settled: Promise<void>;
  readonly #guard: ChildProcess;
  #group: number | undefined;
  #isOver = false;
  #settle: () => void = () => undefined;
  /** What came before the command ran. */
  readonly #early: NodeJS.Signals[] = [];

  /** @param untilNs how long it may run, by `process.hrtime.bigint()`. */
  constructor([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv, untilNs: bigint) {
    this.#guard = fork(GUARD, [], { detached: true, env, stdio: 'inherit' });
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.ended = new Promise((resolve) => {
      const end = (how: CommandEnd): void => {
        this.#isOver = true;
        this.#settle();
        resolve(how);
      };
      this.#guard.on('message', (message) => {
        this.#hear(message as FromGuard, end); // nobody else has the other end of the channel
      });
      // Does nothing if the end was told.
      for (const event of ['error', 'exit', 'disconnect'] as const) {
        this.#guard.once(event, () => {
          if (this.#isOver) return;
          this.#kill();
          end({ kind: 'unguarded' });
        });
      }
    });
    this.#tell({ kind: 'start', command, args, untilNs: String(untilNs) });
  }

  /** To all of its process group. */
  signal(signal: NodeJS.Signals): void {
    if (this.#isOver) return;
    if (this.#group === undefined) this.#early.push(signal);
    else signalGroup(this.#group, signal);
  }

  /** It may run until then. */
  extend(untilNs: bigint): void {
    this.#tell({ kind: 'until', untilNs: String(untilNs) });
  }

  /** The guard is not needed any more; what still runs is killed. */
  close(): void {
    if (this.#guard.connected) this.#guard.disconnect();
  }

  #hear(message: FromGuard, end: (how: CommandEnd) => void): void {
    switch (message.kind) {
      case 'started':
        this.#group = message.pid;
        for (const signal of this.#early.splice(0)) this.signal(signal);
        this.#settle();
        return;
      case 'failed':
        end({ kind: 'failed', code: message.code });
        return;
      case 'ended':
        end(
          message.signal === null
            ? { kind: 'exited', code: message.code ?? 0 }
            : { kind: 'signalled', signal: message.signal },
        );
    }
  }

  #kill(): void {
    if (this.#group !== undefined) signalGroup(this.#group, 'SIGKILL');
  }

  #tell(message: ToGuard): void {
    // A channel that has closed says so by its event.
    if (this.#guard.connected) this.#guard.send(message, () => undefined);
  }
}
