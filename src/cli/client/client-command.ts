import { Command } from 'commander';
import type { Argument, Option } from 'commander';
import type { Client } from '../../client/client.js';
import type { Heard } from '../../client/wire/caller.js';
import { visible } from '../../core/visible.js';
import type { Finish, Terminal } from '../terminal.js';
import type { Answers, MethodName } from '../output/answers.js';
import { addOutputFlag, Printer } from '../output/printer.js';
import type { OutputFlags } from '../output/printer.js';
import { addConnectionFlags, clientOptionsOf } from './connection-flags.js';
import type { ConnectionFlags } from './connection-flags.js';
import { failureOf } from './failure.js';
import { helpAfter } from './help.js';
import { Interrupted, interruptible } from './interrupt.js';
import { ownName } from './own-name.js';

/** What a command works with. */
export interface Session {
  readonly client: Client;
  readonly print: Printer;
  /** A message for people. */
  readonly tell: (message: string) => void;
  /** Aborts when somebody ends the command by a signal. */
  readonly signal: AbortSignal;
}

/** One command that talks to a daemon. */
export interface ClientCommand<Options> {
  readonly name: string;
  readonly description: string;
  /** What it asks the daemon for: the answer is its output as JSON. */
  readonly answer: MethodName;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** Command lines, without the program's name, each with what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /** More text for `--help`. */
  readonly notes?: string;
  /** @returns the exit code; nothing: 0. */
  readonly run: (
    session: Session,
    args: readonly string[],
    options: Options,
  ) => Promise<number> | Promise<void>;
}

/** Where a command writes, and how it ends. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly finish: Finish;
}

export function clientCommand<Options>(
  surroundings: Surroundings,
  spec: ClientCommand<Options>,
): Command {
  const command = new Command(spec.name).description(spec.description);
  for (const argument of spec.arguments ?? []) command.addArgument(argument);
  for (const option of spec.options ?? []) command.addOption(option);
  addOutputFlag(command, 'for people, or as the HTTP API answers');
  addConnectionFlags(command);
  return command
    .addHelpText('after', `${helpAfter(spec)}\n${EXIT_CODE_HELP}\n`)
    .action(async () => {
      // As its options were declared in `spec`, and those that every command has.
      const options = command.opts<Options & ConnectionFlags & OutputFlags>();
      surroundings.finish(await runSession(surroundings, spec, command.args, options));
    });
}

const MAX_WARNINGS = 10;

const EXIT_CODE_HELP = `Exit codes: 0 done; 1 the answer is no, or nothing has that name; 64 bad command line or argument; 69 no daemon
answers; 74 a file can't be read; 75 not got: somebody else has it, or too many ask; 77 not allowed; 78 no such variable;
65, 70, 71 see the message.`;

/** Commands of one thing, such as `lock`. */
export function commandGroup(
  name: string,
  description: string,
  commands: readonly Command[],
): Command {
  const group = new Command(name).description(description);
  for (const command of commands) group.addCommand(command);
  return group;
}

async function runSession<Options>(
  { terminal }: Surroundings,
  spec: ClientCommand<Options>,
  args: readonly string[],
  options: Options & ConnectionFlags & OutputFlags,
): Promise<number> {
  const warnings = new Warnings();
  const tell = tellingAt(terminal);
  try {
    const code = await interruptible(async (signal) => {
      const answers = options.output === 'json' ? await answersOf(spec.answer) : undefined;
      await using client = await openClient(options, warnings, answers?.hear);
      const print = new Printer(terminal, answers);
      return (await spec.run({ client, print, tell, signal }, args, options)) ?? 0;
    });
    warnings.tell(tell);
    return code;
  } catch (error) {
    return reportFailure(error, terminal, warnings);
  }
}

async function answersOf(method: MethodName): Promise<Answers> {
  const { Answers: Kept } = await import('../output/answers.js');
  return new Kept(method);
}

/**
 * What the client warns of, such as a lock that could not be given back, held until the end of the command: of one that
 * fails the failure is what there is to say.
 */
export class Warnings {
  readonly #messages: string[] = [];

  add(message: string): void {
    if (this.#messages.length < MAX_WARNINGS) this.#messages.push(message);
  }

  tell(tell: (message: string) => void): void {
    for (const message of this.#messages.splice(0)) tell(message);
  }
}

/** gRPC is loaded only here, so that help and version need not wait for it. */
export async function openClient(
  flags: ConnectionFlags,
  warnings: Warnings,
  hear: Heard = () => undefined,
): Promise<Client> {
  const { connectHearing } = await import('../../client/client.js');
  const options = {
    ...clientOptionsOf(flags),
    // Of the shell that called: this process will be gone.
    owner: ownName(process.ppid),
    onWarning: (warning: Error) => warnings.add(warning.message),
  };
  return connectHearing(options, hear);
}

/** What says something to people in one line. It may have names in it. */
export function tellingAt(terminal: Terminal): (message: string) => void {
  return (message) => terminal.err(`shared-lock: ${visible(message)}\n`);
}

/** Says what went wrong in one line. @returns the exit code. @throws what nobody foresaw: a defect. */
export function reportFailure(error: unknown, terminal: Terminal, warnings: Warnings): number {
  const tell = tellingAt(terminal);
  if (error instanceof Interrupted) {
    warnings.tell(tell);
    return error.exitCode;
  }
  const failure = failureOf(error);
  if (failure === undefined) throw error;
  tell(failure.message);
  return failure.exitCode;
}
