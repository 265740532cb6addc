import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { groupIsGone, signalGroup } from './group.js';
import { killMarked } from './marked.js';
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

/** What is killed needs so long at most to be gone. */
const KILLED_MS = 1000;

/** In the environment of the command, and of all that it starts. */
const MARK = 'SHARED_LOCK_RUN';

/** What ends a command that has no ear for it. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set<NodeJS.Signals>([
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGKILL',
]);

type State =
  /** The guard does not listen yet. */
  | { readonly kind: 'booting'; readonly early: NodeJS.Signals[] }
  /** The guard was told to run the command. */
  | { readonly kind: 'starting'; readonly early: NodeJS.Signals[] }
  | { readonly kind: 'running'; readonly group: number }
  | { readonly kind: 'over' };

/**
 * A command in a process group of its own, under a guard that kills it once its time is over.
 *
 * Whichever process is killed, the command does not outlive it: if it is this one, the guard's channel closes; if it is
 * the guard, this one kills the group, or, if the guard had no time to tell which, what has the mark in its environment.
 * What is left is both killed at once.
 */
export class GuardedCommand {
  readonly ended: Promise<CommandEnd>;
  /** Resolves when it runs, or never will. */
  readonly settled: Promise<void>;
  readonly #words: readonly string[];
  readonly #mark = randomUUID();
  readonly #guard: ChildProcess;
  #untilNs: bigint;
  #state: State = { kind: 'booting', early: [] };
  #settle: () => void = () => undefined;
  #resolve: (how: CommandEnd) => void = () => undefined;

  /** @param untilNs how long it may run, by `process.hrtime.bigint()`. */
  constructor(words: readonly string[], env: NodeJS.ProcessEnv, untilNs: bigint) {
    this.#words = words;
    this.#untilNs = untilNs;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#guard = fork(GUARD, [], {
      detached: true,
      env: { ...env, [MARK]: this.#mark },
      stdio: 'inherit',
    });
    this.#guard.on('message', (message) => {
      this.#hear(message as FromGuard); // nobody else has the other end of the channel
    });
    // Not 'exit': that may come before what the guard said last, such as the number of the group.
    for (const event of ['error', 'disconnect'] as const) {
      this.#guard.once(event, () => void this.#unguarded());
    }
  }

  /** To all of its process group. If it is not started yet, and would end by it, it never is. */
  signal(signal: NodeJS.Signals): void {
    const state = this.#state;
    switch (state.kind) {
      case 'booting':
        if (ENDING.has(signal)) this.#end({ kind: 'signalled', signal });
        else state.early.push(signal);
        return;
      case 'starting':
        state.early.push(signal);
        return;
      case 'running':
        signalGroup(state.group, signal);
        return;
      case 'over':
    }
  }

  /** It may run until then. */
  extend(untilNs: bigint): void {
    this.#untilNs = untilNs;
    if (this.#state.kind !== 'booting') this.#tell({ kind: 'until', untilNs: String(untilNs) });
  }

  /** The guard is not needed any more; what still runs is killed. */
  close(): void {
    if (this.#guard.connected) this.#guard.disconnect();
    // It ends by that, but if somebody stopped it, this process does not wait for it.
    this.#guard.unref();
  }

  #hear(message: FromGuard): void {
    switch (message.kind) {
      case 'ready':
        this.#start();
        return;
      case 'started':
        this.#started(message.pid);
        return;
      case 'failed':
        this.#end({ kind: 'failed', code: message.code });
        return;
      case 'ended':
        this.#end(
          message.signal === null
            ? { kind: 'exited', code: message.code ?? 0 }
            : { kind: 'signalled', signal: message.signal },
        );
    }
  }

  #start(): void {
    if (this.#state.kind !== 'booting') return;
    this.#state = { kind: 'starting', early: this.#state.early };
    const [command = '', ...args] = this.#words;
    this.#tell({ kind: 'start', command, args, untilNs: String(this.#untilNs) });
  }

  #started(group: number): void {
    if (this.#state.kind !== 'starting') return;
    const { early } = this.#state;
    this.#state = { kind: 'running', group };
    for (const signal of early) this.signal(signal);
    this.#settle();
  }

  /** Does nothing if the end was told. */
  async #unguarded(): Promise<void> {
    const state = this.#state;
    if (state.kind === 'running') {
      signalGroup(state.group, 'SIGKILL');
      // The lock is free after this.
      await groupIsGone(state.group, KILLED_MS);
    }
    if (state.kind === 'starting') await killMarked(MARK, this.#mark);
    this.#end({ kind: 'unguarded' });
  }

  #end(how: CommandEnd): void {
    this.#state = { kind: 'over' };
    this.#settle();
    this.#resolve(how);
  }

  #tell(message: ToGuard): void {
    // A channel that has closed says so by its event.
    if (this.#guard.connected) this.#guard.send(message, () => undefined);
  }
}
