import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { CommandEnd } from './command-end.js';
import type { CommandLine } from './command-line.js';
import type { GiveBack } from './give-back.js';
import { marked, MarkedProcesses } from './marked-processes.js';
import type { FromGuard, ToGuard } from './messages.js';
import { entryOf } from './process-table.js';
import { ProcessGroup } from './process-group.js';
import { endLeftovers, killAll } from './processes.js';
import type { Processes } from './processes.js';
import { startCommand, stdioWithChannel } from './start-command.js';

export interface GuardedOptions {
  readonly env: NodeJS.ProcessEnv;
  /**
   * Whether it is a part of this process's session and group, so that it has the same terminal, and the terminal's signals reach
   * it as they reach this process. Else it has a session and group of its own.
   */
  readonly sharesTerminal: boolean;
  /** How long it may run, by `process.hrtime.bigint()`. */
  readonly untilNs: bigint;
  /** What the guard gives back if this process goes. */
  readonly giveBack?: GiveBack;
}

/** The file is guard.js when built, and guard.ts in the sources. */
const GUARD = fileURLToPath(
  new URL(`./guard${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

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
  | { readonly kind: 'running'; readonly processes: Processes }
  /** The guard is gone, and all is killed. */
  | { readonly kind: 'unguarded' }
  | { readonly kind: 'over' };

/**
 * A command under a guard that kills it once its time is over.
 *
 * Whichever process is killed, the command does not outlive it: if it is this one, the guard's channel closes; if it is
 * the guard, this one kills what belongs to the command, or, if the guard had no time to tell that, what has the mark in its
 * environment. What is left is both killed at once.
 */
export class GuardedCommand {
  readonly ended: Promise<CommandEnd>;
  /** Resolves when it runs, or never will. */
  readonly settled: Promise<void>;
  readonly #line: CommandLine;
  readonly #options: GuardedOptions;
  readonly #mark = randomUUID();
  readonly #guard: ChildProcess;
  #untilNs: bigint;
  #state: State = { kind: 'booting', early: [] };
  #settle: () => void = () => undefined;
  #resolve: (how: CommandEnd) => void = () => undefined;

  constructor(line: CommandLine, options: GuardedOptions) {
    this.#line = line;
    this.#options = options;
    this.#untilNs = options.untilNs;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#guard = fork(GUARD, [this.#mark], {
      detached: true,
      env: options.env,
      // Node.js puts a terminal back as it found it when a process ends that has it: that would be one more to do so.
      stdio: options.sharesTerminal
        ? ['ignore', 'ignore', 'ignore', 'ipc']
        : stdioWithChannel(line.descriptors),
    });
    this.#guard.on('message', (message) => {
      this.#hear(message as FromGuard); // nobody else has the other end of the channel
    });
    // Not 'exit': that may come before what the guard said last, such as the number of the group.
    for (const event of ['error', 'disconnect'] as const) {
      this.#guard.once(event, () => void this.#unguarded());
    }
    const { giveBack } = options;
    if (giveBack !== undefined) this.#tell({ kind: 'held', giveBack });
  }

  /** To all that belongs to it. If it is not started yet, and would end by it, it never is. */
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
        state.processes.signal(signal);
        return;
      case 'unguarded':
      case 'over':
    }
  }

  /** It may run until then. */
  extend(untilNs: bigint): void {
    this.#untilNs = untilNs;
    if (this.#state.kind !== 'booting') this.#tell({ kind: 'until', untilNs: String(untilNs) });
  }

  /** The guard is not needed any more, and gives nothing back; what still runs is killed. */
  close(): void {
    if (this.#guard.connected) {
      const done: ToGuard = { kind: 'done' };
      this.#guard.send(done, () => {
        if (this.#guard.connected) this.#guard.disconnect();
      });
    }
    // It ends by that, but if somebody stopped it, this process does not wait for it.
    this.#guard.unref();
  }

  #hear(message: FromGuard): void {
    switch (message.kind) {
      case 'ready':
        if (this.#state.kind === 'booting') this.#start(this.#state.early);
        return;
      case 'started':
        this.#started(new ProcessGroup(message.pid));
        return;
      case 'failed':
        this.#end({ kind: 'failed', code: message.code });
        return;
      case 'ended':
        this.#exited(message.code, message.signal);
    }
  }

  #start(early: NodeJS.Signals[]): void {
    this.#state = { kind: 'starting', early };
    if (!this.#options.sharesTerminal) {
      this.#tell({ kind: 'start', line: this.#line, untilNs: String(this.#untilNs) });
    } else if (process.hrtime.bigint() < this.#untilNs) {
      this.#startHere();
    } else {
      this.#end({ kind: 'signalled', signal: 'SIGKILL' });
    }
  }

  /** The guard, in another session, could not hand the terminal on. It knows the mark. */
  #startHere(): void {
    startCommand(
      this.#line,
      { env: marked(this.#options.env, this.#mark), isDetached: false },
      {
        started: (pid) => {
          this.#tell({ kind: 'watch', pid, untilNs: String(this.#untilNs) });
          this.#started(new MarkedProcesses(this.#mark, { root: pid }));
        },
        failed: (code) => this.#end({ kind: 'failed', code }),
        exited: (code, signal) => void this.#endedHere(code, signal),
      },
    );
  }

  async #endedHere(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    const session = entryOf(process.pid)?.session;
    await endLeftovers(new MarkedProcesses(this.#mark, session === undefined ? {} : { session }));
    this.#exited(code, signal);
  }

  #started(processes: Processes): void {
    if (this.#state.kind !== 'starting') return;
    const { early } = this.#state;
    this.#state = { kind: 'running', processes };
    for (const signal of early) this.signal(signal);
    this.#settle();
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#state.kind === 'unguarded') return;
    this.#end(
      signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signalled', signal },
    );
  }

  async #unguarded(): Promise<void> {
    const state = this.#state;
    if (state.kind === 'over') return;
    this.#state = { kind: 'unguarded' };
    // The lock is free after this.
    if (state.kind === 'running') await killAll(state.processes);
    if (state.kind === 'starting') await killAll(new MarkedProcesses(this.#mark));
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
